// Names become keys of the lake here and nowhere else. A part that is not a plain name is refused,
// so that no source, stream or run can reach outside its own place.

import { NAME_CHARS, OBJECTS_PER_RUN } from '../bounds.ts';
import { DriplakeError, Failure } from '../failures.ts';

/** The part of a key that holds all manifests. */
export const MANIFESTS_FOLDER = '_manifests';

/** The part of a key that holds cursors too long for a batch's head; Athena skips names with `_`. */
export const CURSORS_FOLDER = '_cursors';

/** The part of a key that holds lists of partitions. */
export const PARTITIONS_FOLDER = '_partitions';

export interface RunFolder {
  readonly source: string;
  readonly stream: string;
  /** `YYYY-MM-DD`, the run's date in UTC: its partition. */
  readonly date: string;
  readonly runId: string;
}

const PLAIN_PART = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const PLAIN_NAME = /^[a-z][a-z0-9_-]*$/;

/** `20261121T223015Z-1f0c9a3b`: sorts by time, one per execution. `mark` is 8 hex digits. */
export const runIdOf = (startedAtMs: number, mark: string): string =>
  `${new Date(startedAtMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z-${mark}`;

/** The lake's own id. Readers of tables leave out names that begin with `_`. */
export const LAKE_KEY = '_lake.json';

/** Written to learn what time it is by the lake's own clock. */
export const CLOCK_KEY = '_clock.json';

/** When the run of this id began, epoch ms; 0 for what is no id of a run. */
export function startOfRun(runId: string): number {
  const digits = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-/.exec(runId)?.slice(1).map(Number);
  const [year = 0, month = 0, ...rest] = digits ?? [];
  return digits ? Date.UTC(year, month - 1, ...rest) : 0;
}

/** `jsonplaceholder/photos/dt=2026-11-21/run=20261121T223015Z-1f0c9a3b/` */
export const runPrefix = ({ source, stream, date, runId }: RunFolder): string =>
  `${plain(source)}/${plain(stream)}/dt=${plain(date)}/run=${plain(runId)}/`;

/**
 * `jsonplaceholder/photos/compacted/dt=2026-11-21/run=20261121T223015Z-1f0c9a3b/`: the same lines
 * in fewer objects. Beside the runs and never below one: Athena reads folders with all below them.
 */
export const compactedPrefix = ({ source, stream, date, runId }: RunFolder): string =>
  `${mergedPrefix({ source, stream })}dt=${plain(date)}/run=${plain(runId)}/`;

/** `jsonplaceholder/photos/`: all that its runs wrote, manifests and cursors apart. */
export const streamPrefix = (stream: Pick<RunFolder, 'source' | 'stream'>): string =>
  `${plain(stream.source)}/${plain(stream.stream)}/`;

/** `jsonplaceholder/photos/dt=`: what runs wrote themselves, of all days. */
export const batchesPrefix = (stream: Pick<RunFolder, 'source' | 'stream'>): string =>
  `${streamPrefix(stream)}dt=`;

/** `jsonplaceholder/photos/compacted/`: what was merged of them. */
export const mergedPrefix = (stream: Pick<RunFolder, 'source' | 'stream'>): string =>
  `${streamPrefix(stream)}compacted/`;

/** `_manifests/jsonplaceholder/photos/` */
export const manifestsPrefix = (stream: Pick<RunFolder, 'source' | 'stream'>): string =>
  `${MANIFESTS_FOLDER}/${streamPrefix(stream)}`;

/** `_manifests/jsonplaceholder/photos/schema.json` */
export const schemaKey = (stream: Pick<RunFolder, 'source' | 'stream'>): string =>
  `${manifestsPrefix(stream)}schema.json`;

/** `_manifests/jsonplaceholder/photos/20261121T223015Z-1f0c9a3b.json` */
export const manifestKey = ({ source, stream, runId }: Omit<RunFolder, 'date'>): string =>
  `${manifestsPrefix({ source, stream })}${plain(runId)}.json`;

/** `_cursors/jsonplaceholder/photos/` */
export const cursorsPrefix = (stream: Pick<RunFolder, 'source' | 'stream'>): string =>
  `${CURSORS_FOLDER}/${streamPrefix(stream)}`;

/**
 * `_cursors/jsonplaceholder/photos/20261121T223015Z-1f0c9a3b/<hash>.json`. A cursor is named by
 * its content, so that writing it again changes nothing.
 */
export const cursorKey = (
  { source, stream, runId }: Omit<RunFolder, 'date'>,
  hash: string,
): string => `${cursorsPrefix({ source, stream })}${plain(runId)}/${plain(hash)}.json`;

/** `_partitions/shop/comments/` */
export const partitionsPrefix = (stream: Pick<RunFolder, 'source' | 'stream'>): string =>
  `${PARTITIONS_FOLDER}/${streamPrefix(stream)}`;

/** `_partitions/shop/comments/20261121T223015Z-1f0c9a3b/origin.json`: what the list is made of. */
export const originKey = ({ source, stream, runId }: Omit<RunFolder, 'date'>): string =>
  `${partitionsPrefix({ source, stream })}${plain(runId)}/origin.json`;

/** A piece of the list is named by the place of its first partition: `.../00012000.ndjson`. */
export const pieceKey = (
  { source, stream, runId }: Omit<RunFolder, 'date'>,
  first: number,
): string => `${partitionsPrefix({ source, stream })}${plain(runId)}/${eightDigits(first)}.ndjson`;

/** A batch's place in its run is its key: `<prefix>00000042.ndjson.gz`. */
export const batchKey = (prefix: string, sequence: number): string =>
  `${prefix}${eightDigits(sequence)}.ndjson.gz`;

function eightDigits(place: number): string {
  if (!Number.isInteger(place) || place < 0 || place >= OBJECTS_PER_RUN) {
    throw notPlain(String(place));
  }
  return String(place).padStart(8, '0');
}

/** The keys of a run's batches, in order. */
export const batchKeys = (run: { readonly prefix: string; readonly objects: number }): string[] =>
  Array.from({ length: run.objects }, (_, sequence) => batchKey(run.prefix, sequence));

/** Whether a key is named like a batch, or like what was merged of some. */
export const isBatchKey = (key: string): boolean => /\/\d{8}\.ndjson\.gz$/.test(key);

/** The run in whose folder a key lies, as it wrote it or merged; undefined in no run's. */
export function runOfKey(key: string): Pick<RunFolder, 'date' | 'runId'> | undefined {
  const [, date, runId] = /\/dt=([^/]+)\/run=([^/]+)\//.exec(key) ?? [];
  return date === undefined || runId === undefined ? undefined : { date, runId };
}

/** The run whose manifest has this key. */
export const runIdOfManifest = (key: string): string | undefined =>
  /\/([^/.][^/]*)\.json$/.exec(key)?.[1];

/** Whether a person's word can be a source's name at all. */
export const isName = (text: string): boolean =>
  PLAIN_NAME.test(text) && text.length <= NAME_CHARS;

function plain(part: string): string {
  if (PLAIN_PART.test(part)) return part;
  throw notPlain(part);
}

const notPlain = (text: string): DriplakeError =>
  new DriplakeError(
    Failure.configuration,
    `${JSON.stringify(text.slice(0, NAME_CHARS))} can't be part of a key in the lake.`,
    'Use lower-case letters, digits, "-" and "_".',
  );
