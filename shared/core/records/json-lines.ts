// Slices a body that has one JSON value a line (NDJSON, JSON Lines) into records. The bytes of a
// value stay as they are; blank lines are nothing, and what is no JSON is a fault of the whole
// page, since a body that was cut off ends with it.

import { isUtf8 } from 'node:buffer';
import { breaksIn, moveRecord } from './lines.ts';
import { explain } from './mismatch.ts';
import {
  damagedText,
  paddedCopy,
  type RecordsSpec,
  type Sliced,
  startOf,
  withoutEnvelope,
} from './records.ts';
import { BYTE, jsonText, skipSpace, valueEnd } from './scan.ts';

/** Of a body `{"id":1}\r\n{"id":2}` two records; there is nothing beside them. */
export function recordsOfLines(body: Uint8Array, spec: RecordsSpec): Sliced {
  const bytes = paddedCopy(body);
  const page = { ...jsonText(bytes), body, nextBreak: breaksIn(body) };
  let [to, last, count] = [0, 0, 0];
  for (let at = skipSpace(bytes, startOf(body)); at < body.length; count++) {
    const end = valueEnd(page, at, 0);
    if (end < 0) return { kind: 'fault', reason: explain(body, end) };
    const next = skipSpace(bytes, end);
    last = to;
    to = moveRecord(page, at, end, to);
    bytes[to++] = BYTE.LINE_FEED;
    at = next;
  }
  if (!isUtf8(body)) return damagedText(body);
  return withoutEnvelope({ lines: bytes.subarray(0, to), count, last }, spec);
}
