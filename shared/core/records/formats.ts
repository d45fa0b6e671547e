// The records of a response body, however it is written. Whatever the format, a record becomes one
// line of JSON: the API's own bytes where it sends JSON, an object of strings where it sends CSV.

import { recordsOfCsv } from './csv.ts';
import { recordsOfLines } from './json-lines.ts';
import { type RecordsSpec, type Sliced, sliceRecords } from './records.ts';
import { hasStar, recordsBehindStars } from './stars.ts';

export type Format = 'json' | 'lines' | 'csv';

const SLICERS: Readonly<Record<Format, (body: Uint8Array, spec: RecordsSpec) => Sliced>> = {
  json: (body, spec) =>
    hasStar(spec.path) ? recordsBehindStars(body, spec) : sliceRecords(body, spec),
  lines: recordsOfLines,
  csv: recordsOfCsv,
};

/** The records of one response body (bytes, decompressed, UTF-8); `body` is not changed. */
export const recordsIn = (body: Uint8Array, spec: RecordsSpec): Sliced =>
  SLICERS[spec.format ?? 'json'](body, spec);
