// The records of an X-Series retailer: one global version counter, bumped on every change, so
// that a record which changes during a walk comes again at its end.

import {
  awkwardStrings,
  flake,
  pick,
  type Random,
  randomFrom,
  seedOf,
  uuid,
  versionedRecord,
  xOutletMembers,
  xSaleMembers,
} from './data.ts';
import type { XSeriesQuirks } from './lightspeed-x-quirks.ts';

export interface VersionedRow {
  readonly stream: string;
  readonly id: string;
  readonly created: number;
  readonly version: bigint;
  readonly deletedAt: string | null;
  readonly name: string;
  readonly money: string;
  readonly flake: string;
}

export interface Retailer {
  /** Ascending by version; undefined when the resource does not exist. */
  byVersion(stream: string): readonly VersionedRow[] | undefined;
  byCreation(stream: string): readonly VersionedRow[] | undefined;
  text(row: VersionedRow): string;
  touch(id: string, change?: { deletedAt?: string | null }): void;
  append(stream: string, count: number): void;
}

/** Resources whose deleted records can be asked for with `deleted=true`. */
export const deletable = new Set([
  'customers',
  'customer_groups',
  'outlets',
  'products',
  'registers',
  'tags',
]);

export function retailer(
  rows: Readonly<Record<string, number>>,
  seed: number,
  quirks: XSeriesQuirks,
): Retailer {
  const walks = new Map<string, VersionedRow[]>();
  const randoms = new Map<string, Random>();
  let version = quirks.bigVersions ? 9_007_199_254_740_993n : 791_094n;

  const append = (stream: string, count: number) => {
    const walk = walks.get(stream) ?? [];
    const random = randoms.get(stream) ?? randomFrom(seedOf(seed, stream));
    walks.set(stream, walk);
    randoms.set(stream, random);
    const start = walk.length;
    for (let created = start; created < start + count; created += 1) {
      version += BigInt(1 + random.below(3));
      const amount = `${random.below(500)}.${random.below(10)}0`;
      walk.push({
        stream,
        id: uuid(random),
        created,
        version,
        deletedAt: deletable.has(stream) && created % 11 === 5 ? '2020-07-15T15:04:05Z' : null,
        name: pick(awkwardStrings, created, random),
        money: quirks.stringMoney && stream === 'sales' ? `"${amount}"` : amount,
        flake: flake(random),
      });
    }
  };
  for (const [stream, count] of Object.entries(rows)) append(stream, count);

  return {
    byVersion: (stream) => walks.get(stream),
    byCreation: (stream) => walks.get(stream)?.toSorted((one, two) => one.created - two.created),
    text: (row) => versionedRecord({ ...row, more: membersOf(row, walks.get('outlets') ?? []) }),
    touch: (id, change = {}) => {
      for (const walk of walks.values()) {
        const place = walk.findIndex((row) => row.id === id);
        const [row] = place < 0 ? [] : walk.splice(place, 1);
        if (row === undefined) continue;
        version += 1n;
        walk.push({ ...row, ...change, version });
        return;
      }
      throw new Error(`no record has the id ${id}`);
    },
    append,
  };
}

/** A sale belongs to one of the first outlets in turn, or to one that is not in the list. */
function membersOf(row: VersionedRow, outlets: readonly VersionedRow[]) {
  if (row.stream === 'outlets') return xOutletMembers(row.created);
  if (row.stream !== 'sales') return [];
  const outlet = outlets.find(({ created }) => created === row.created % 3);
  return xSaleMembers(row.created, outlet?.id ?? 'nowhere', row.money);
}
