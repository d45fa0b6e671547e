// Puts fields at the head of each line: whose rows they are, which the rows themselves do not say.
// The bytes of a record stay as they are behind it.

import { Buffer } from 'node:buffer';
import { followPath, stepsOf } from './envelope.ts';
import { breaksIn } from './lines.ts';
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
  const bytes = paddedCopy(lines);
  const page = { ...jsonText(bytes), body: lines, nextBreak: breaksIn(lines) };
  const steps = stepsOf([fields.map(([name]) => name)]);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < lines.length; ) {
    if (lines[at] !== BYTE.OPEN_OBJECT) {
      return 'a record is no object, so that no field can be put into it';
    }
    const walked = followPath(page, at, steps, 'last');
    if (typeof walked === 'number') throw new Error(`no JSON at byte ${at} of a sliced page`);
    const [name] = fields[walked.found.findIndex(({ kind }) => kind !== 'absent')] ?? [];
    if (name !== undefined) return `a record has a field ${JSON.stringify(name)} of its own`;
    const isEmpty = bytes[skipSpace(bytes, at + 1)] === BYTE.CLOSE_OBJECT;
    pieces.push(head, isEmpty ? NOTHING : COMMA, lines.subarray(at + 1, walked.end), LINE_FEED);
    at = skipSpace(bytes, walked.end);
  }
  return Buffer.concat(pieces);
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const NOTHING = new Uint8Array();
const COMMA = bytesOf(',');
const LINE_FEED = bytesOf('\n');
