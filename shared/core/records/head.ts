// Puts fields at the head of each line: whose rows they are, which the rows themselves do not say.
// The bytes of a record stay as they are behind it.

import { Buffer } from 'node:buffer';
import { followPath } from './envelope.ts';
import { breaksIn, eachRecord } from './lines.ts';
import { paddedCopy } from './records.ts';
import { BYTE, jsonText, skipSpace } from './scan.ts';

/** A name, and its value as JSON. */
export type HeadField = readonly [name: string, raw: string];

/**
 * `{"id":7}` with `[['shop', '"a"']]` is `{"shop":"a","id":7}`.
 * @param lines NDJSON whose records are valid JSON, as `sliceRecords` makes it
 * @returns the lines, or what is wrong: a record has such a key already, or is no object
 */
export function withHead(lines: Uint8Array, fields: readonly HeadField[]): Uint8Array | string {
  if (fields.length === 0) return lines;
  const head = bytesOf(
    `{${fields.map(([name, raw]) => `${JSON.stringify(name)}:${raw}`).join(',')}`,
  );
  const pieces: Uint8Array[] = [];
  const steps = [fields.map(([name]) => name)];
  for (const record of eachRecord(lines)) {
    if (record[0] !== BYTE.OPEN_OBJECT)
      return 'a record is no object, so that no field can be put into it';
    const bytes = paddedCopy(record);
    const page = { ...jsonText(bytes), body: record, nextBreak: breaksIn(record) };
    const walked = followPath(page, 0, steps, 'last');
    const clash =
      typeof walked === 'number' ? -1 : walked.found.findIndex(({ kind }) => kind !== 'absent');
    const [name] = fields[clash] ?? [];
    if (name !== undefined) return `a record has a field ${JSON.stringify(name)} of its own`;
    const rest = record.subarray(1);
    const isEmpty = rest[skipSpace(rest, 0)] === BYTE.CLOSE_OBJECT;
    pieces.push(head, isEmpty ? NOTHING : COMMA, rest, LINE_FEED);
  }
  return Buffer.concat(pieces);
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const NOTHING = new Uint8Array();
const COMMA = bytesOf(',');
const LINE_FEED = bytesOf('\n');
