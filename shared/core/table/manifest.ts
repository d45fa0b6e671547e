// What a finished run says it wrote. A run without a manifest does not exist for a reader; a
// manifest that is damaged is a named fault with everything that is wrong with it, never a
// shorter list of runs.

import * as z from 'zod/mini';
import { OBJECTS_PER_RUN } from '../bounds.ts';
import { describeFaults } from '../faults.ts';
import { COLUMN_TYPES } from './column-types.ts';
import { compactedPrefix, type RunFolder, runPrefix } from './keys.ts';
import { castSchema as cast } from './sql-types.ts';

const name = z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/));
const count = z.int().check(z.nonnegative());
const instant = z.iso.datetime({ offset: true });
const type = z.enum(COLUMN_TYPES);

const column = z.object({
  name: z.string().check(z.minLength(1)),
  key: z.nullable(z.string()),
  type,
});

const drift = z.object({
  added: z.readonly(z.array(z.object({ name: z.string(), type }))),
  widened: z.readonly(z.array(z.object({ name: z.string(), from: type, to: type }))),
  vanished: z.readonly(z.array(z.string())),
});

const manifestSchema = z
  .object({
    version: z.literal(1),
    source: name,
    stream: name,
    runId: name,
    /** The run's date in UTC, `YYYY-MM-DD`: its partition. */
    date: z.iso.date(),
    mode: z.enum(['snapshot', 'incremental']),
    /** True when the run read everything again: earlier runs are history, not current rows. */
    fullRefresh: z.boolean(),
    startedAt: instant,
    finishedAt: instant,
    /** Batches under `prefix`, numbered from 0 without a gap. */
    objects: count.check(z.maximum(OBJECTS_PER_RUN)),
    prefix: z.string(),
    pages: count,
    records: count,
    /** Uncompressed NDJSON. */
    bytes: count,
    /** What fetching it took. */
    spent: z.object({
      requests: count,
      throttled: count,
      waitedSeconds: z.number().check(z.nonnegative()),
      /** Waits included, stops not. */
      seconds: z.number().check(z.nonnegative()),
    }),
    /** The stream's columns after this run. */
    columns: z.readonly(z.array(column)),
    /** What this run changed of them; absent when it changed nothing, and in a first run. */
    drift: z.exactOptional(drift),
    /** Fields that identify a record; empty when the source names none. */
    primaryKey: z.readonly(z.array(z.string().check(z.minLength(1)))),
    watermark: z.exactOptional(
      z.object({
        field: z.string().check(z.minLength(1)),
        value: z.union([z.string(), z.number(), z.null()]),
      }),
    ),
    deletedField: z.exactOptional(z.string().check(z.minLength(1))),
    total: z.exactOptional(z.object({ expected: count })),
    /** How many walks it took, and which of them the API refused, as its source declares. */
    partitions: z.exactOptional(
      z.object({
        count,
        skipped: z.exactOptional(z.object({ count, first: z.readonly(z.array(z.string())) })),
      }),
    ),
    /** What moved between the pages while they were read (`Moves`); absent: nothing was noticed. */
    moved: z.exactOptional(
      z.object({ repeats: count, skips: count, gaps: count, refetches: count }),
    ),
    /** Declared SQL types of fields that arrive as text. */
    casts: z.exactOptional(z.record(z.string(), cast)),
    /** True when a strict JSON reader refuses some record (`ColumnInspection.lenient`). */
    lenient: z.exactOptional(z.boolean()),
    /** Set when the run's batches were merged: into `objects` under `prefix`, from this many. */
    compacted: z.exactOptional(z.object({ objects: count, at: instant })),
  })
  .check(
    z.refine((manifest) => manifest.prefix === prefixOf(manifest), {
      path: ['prefix'],
      error:
        'the prefix of this run, <source>/<stream>/dt=<date>/run=<runId>/, with compacted/ before ' +
        'dt= when it is compacted',
    }),
  );

const prefixOf = (manifest: RunFolder & { readonly compacted?: object }): string =>
  manifest.compacted ? compactedPrefix(manifest) : runPrefix(manifest);

/** See the fields of the schema above for their meaning. Unknown fields are ignored. */
export type Manifest = Readonly<z.infer<typeof manifestSchema>>;

export type ManifestReading =
  | { readonly kind: 'manifest'; readonly manifest: Manifest }
  | { readonly kind: 'damaged'; readonly faults: readonly string[] };

/** Reads a manifest; `where` (a path or key) opens every fault. */
export function readManifest(text: string, where: string): ManifestReading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'damaged', faults: [`${where}: expected JSON, got ${text.length} characters`] };
  }
  const read = manifestSchema.safeParse(value);
  if (read.success) return { kind: 'manifest', manifest: read.data };
  const faults = describeFaults(read.error, value).map((fault) => `${where}: ${fault}`);
  return { kind: 'damaged', faults };
}
