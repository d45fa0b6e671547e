// What a finished run says it wrote. A run without a manifest does not exist for a reader; a
// manifest that is damaged is a named fault with everything that is wrong with it, never a
// shorter list of runs.

import * as z from 'zod';
import { COLUMN_TYPES } from './column-types.ts';
import { describeFaults } from './faults.ts';
import { runPrefix } from './keys.ts';

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);
const count = z.int().nonnegative();
const instant = z.iso.datetime({ offset: true });
const cast = z.enum(['boolean', 'bigint', 'double', 'timestamp']);

const column = z.object({
  name: z.string().min(1),
  key: z.string().nullable(),
  type: z.enum(COLUMN_TYPES),
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
    objects: count,
    prefix: z.string(),
    pages: count,
    records: count,
    /** Uncompressed NDJSON. */
    bytes: count,
    /** The stream's columns after this run. */
    columns: z.array(column).readonly(),
    /** Fields that identify a record; empty when the source names none. */
    primaryKey: z.array(z.string().min(1)).readonly(),
    watermark: z
      .object({
        field: z.string().min(1),
        value: z.union([z.string(), z.number(), z.null()]),
      })
      .exactOptional(),
    deletedField: z.string().min(1).exactOptional(),
    total: z.object({ expected: count }).exactOptional(),
    /** Declared SQL types of fields that arrive as text. */
    casts: z.record(z.string(), cast).exactOptional(),
    /** True when a strict JSON reader refuses some record (`ColumnInspection.lenient`). */
    lenient: z.boolean().exactOptional(),
  })
  .refine((manifest) => manifest.prefix === runPrefix(manifest), {
    path: ['prefix'],
    error: 'the prefix of this run, <source>/<stream>/dt=<date>/run=<runId>/',
  });

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
