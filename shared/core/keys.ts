// Names become keys here and nowhere else. A part that is not a plain name is refused, so that no
// source, stream or run can reach outside its own place in the lake.

import { DriplakeError, Failure } from './failures.ts';
import { NAME_CHARS, OBJECTS_PER_RUN } from './limits.ts';

const plainName = /^[a-z][a-z0-9_-]*$/;
const plainRunId = /^\d{8}T\d{6}Z-[0-9a-f]{8}$/;
const plainDate = /^\d{4}-\d{2}-\d{2}$/;

/** `20261121T223015Z-1f0c9a3b`: sorts by time, one per execution. `mark` is 8 hex digits. */
export const runIdOf = (startedAtMs: number, mark: string): string =>
  `${new Date(startedAtMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z-${mark}`;

/** `jsonplaceholder/photos/dt=2026-11-21/run=20261121T223015Z-1f0c9a3b/` */
export const runPrefix = (source: string, stream: string, date: string, runId: string): string =>
  `${name(source)}/${name(stream)}/dt=${part(date, plainDate)}/run=${part(runId, plainRunId)}/`;

/** The batch's place in the run is its key: `<prefix>00000042.ndjson.gz`. */
export function batchKey(prefix: string, sequence: number): string {
  if (!Number.isInteger(sequence) || sequence < 0 || sequence >= OBJECTS_PER_RUN) {
    throw notPlain(String(sequence));
  }
  return `${prefix}${String(sequence).padStart(8, '0')}.ndjson.gz`;
}

/** `_manifests/jsonplaceholder/photos/20261121T223015Z-1f0c9a3b.json` */
export const manifestKey = (source: string, stream: string, runId: string): string =>
  `_manifests/${name(source)}/${name(stream)}/${part(runId, plainRunId)}.json`;

/** Whether a person's word can be a source's name at all. */
export const isName = (text: string): boolean => plainName.test(text) && text.length <= NAME_CHARS;

const name = (text: string): string => (isName(text) ? text : part(text, plainName));

function part(text: string, plain: RegExp): string {
  if (plain.test(text)) return text;
  throw notPlain(text);
}

const notPlain = (text: string): DriplakeError =>
  new DriplakeError(
    Failure.configuration,
    `${JSON.stringify(text.slice(0, NAME_CHARS))} can't be part of a key in the lake.`,
    'Use lower-case letters, digits, "-" and "_".',
  );
