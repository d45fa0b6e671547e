// The lines of a batch of any size in little memory: unpacked as they are read, some whole lines at
// a time.

import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { PARENT_LINES_BYTES } from '../../core/bounds.ts';
import { DriplakeError, Failure } from '../../core/failures.ts';

const LINE_FEED = 0x0a;

/** @param object a gzip member of NDJSON, from its first byte on */
export async function* wholeLines(object: Readable): AsyncGenerator<Uint8Array, void, undefined> {
  const unpacked = createGunzip();
  // What breaks the one breaks the other: whoever reads hears of it, and nothing is left open.
  object.on('error', (error) => unpacked.destroy(error));
  unpacked.on('close', () => object.destroy());
  object.pipe(unpacked);
  let held: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of unpacked) {
    const piece: Buffer = chunk;
    const end = piece.lastIndexOf(LINE_FEED) + 1;
    if (end === 0 || bytes + end < PARENT_LINES_BYTES) {
      held.push(piece);
      bytes += piece.length;
      continue;
    }
    yield Buffer.concat([...held, piece.subarray(0, end)]);
    held = [piece.subarray(end)];
    bytes = piece.length - end;
  }
  if (bytes > 0) yield Buffer.concat(held);
}

export const noBatch = (key: string): DriplakeError =>
  new DriplakeError(
    Failure.incomplete,
    `${key} is gone from the lake.`,
    'Run its stream with --full-refresh.',
  );
