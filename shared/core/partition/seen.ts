// Whether a partition was met before, for a million of them in 32 MB that no garbage collector
// walks: 128 bits of a hash each. Two different ones are taken for one with a chance of 10^-26.

import { hash } from 'node:crypto';
import { SEEN_PLACES } from '../bounds.ts';

/** Parts of 32 bits that are kept of a hash. */
const PARTS = 4;

export interface Seen {
  /** Whether it is new; it is remembered. */
  add(identity: string): boolean;
  has(identity: string): boolean;
  readonly size: () => number;
}

/** An empty table: places by the first part of a hash, the next free one where that is taken. */
export function seenSet(): Seen {
  let table = new Uint32Array(SEEN_PLACES * PARTS);
  let size = 0;
  return {
    size: () => size,
    has(identity) {
      const parts = hashOf(identity);
      return !isFree(table, placeOf(table, parts));
    },
    add(identity) {
      if (size * 2 >= table.length / PARTS) table = grown(table);
      const isNew = put(table, hashOf(identity));
      if (isNew) size++;
      return isNew;
    },
  };
}

/** False where it is there already. */
function put(table: Uint32Array, parts: Uint32Array): boolean {
  const at = placeOf(table, parts);
  const isNew = isFree(table, at);
  if (isNew) table.set(parts, at);
  return isNew;
}

/** Where it is, or the free place that it would take. At half full, one is never far. */
function placeOf(table: Uint32Array, parts: Uint32Array): number {
  const places = table.length / PARTS;
  for (let step = 0; step < places; step++) {
    const at = (((parts[0] ?? 0) + step) % places) * PARTS;
    if (isFree(table, at) || parts.every((part, index) => table[at + index] === part)) return at;
  }
  throw new Error('a table that is half empty has no place');
}

function grown(table: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(table.length * 2);
  for (let at = 0; at < table.length; at += PARTS) {
    if (!isFree(table, at)) put(larger, table.subarray(at, at + PARTS));
  }
  return larger;
}

/** The last part of a hash is never 0. */
const isFree = (table: Uint32Array, at: number): boolean => table[at + PARTS - 1] === 0;

function hashOf(identity: string): Uint32Array {
  const digest = hash('sha256', identity, 'buffer');
  const parts = Uint32Array.from({ length: PARTS }, (_, index) => digest.readUInt32LE(index * 4));
  parts[PARTS - 1] ||= 1;
  return parts;
}
