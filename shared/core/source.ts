// A source is data: an API account, its limits and its streams. This file is the schema of that
// data; it refuses every field it does not know and lists all faults of a source at once.

import * as z from 'zod';
import { crossFaults } from './cross-faults.ts';
import { DriplakeError, Failure } from './failures.ts';
import { describeFaults } from './faults.ts';
import { limit } from './limit-spec.ts';
import { NAME_CHARS, RUN_PAGES, STREAMS_PER_SOURCE } from './limits.ts';
import { pagination } from './pagination-spec.ts';

const text = z.string().min(1);
const scalar = z.union([z.string(), z.number(), z.boolean()]);

/** Lower-case words joined by hyphens (a stream also allows `_`): part of keys and table names. */
const sourceName = z
  .string()
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, { error: 'lower-case words joined by "-"' })
  .max(NAME_CHARS);
const streamName = z
  .string()
  .regex(/^[a-z][a-z0-9]*([_-][a-z0-9]+)*$/, {
    error: 'lower-case words joined by "_" or "-"',
  })
  .max(NAME_CHARS);

const credentials = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  /** `Authorization: Bearer <token>`. Secret fields: `token`. */
  z.strictObject({ kind: z.literal('bearer') }),
  /** A key in a header or a query parameter. Secret fields: `key`. */
  z.strictObject({
    kind: z.literal('api-key'),
    header: text.optional(),
    query: text.optional(),
  }),
  /** HTTP Basic. Secret fields: `username`, `password`. */
  z.strictObject({ kind: z.literal('basic') }),
  /** OAuth2 client credentials. Secret fields: `clientId`, `clientSecret`. */
  z.strictObject({
    kind: z.literal('oauth2-client-credentials'),
    tokenUrl: text,
    scope: text.optional(),
    /** Where the client id and secret travel: the form (default) or an Authorization header. */
    clientIn: z.enum(['form', 'header']).optional(),
  }),
  /** OAuth2 with rotating refresh tokens. Secret fields: `clientId`, `clientSecret`,
   * `refreshToken`; the tokens that a refresh returns are kept beside them. */
  z.strictObject({
    kind: z.literal('oauth2-refresh-token'),
    tokenUrl: text,
    scope: text.optional(),
    clientIn: z.enum(['form', 'header']).optional(),
  }),
]);

const recordsSpec = z.union([
  z.string(),
  z.strictObject({
    /** Dotted path to the list; `''` is the document itself; `auto` tries data, results, ... */
    path: z.string(),
    /** `record`: an object where a list was expected is one record (R-Series). */
    single: z.literal('record').optional(),
    /** `none`: a missing or null list is zero rows; otherwise it is a fault. */
    missing: z.literal('none').optional(),
  }),
]);

const verdict = z.strictObject({
  /** A status, or a class such as `5xx`. */
  status: z.union([z.int().min(100).max(599), z.string().regex(/^[1-5]xx$/)]),
  /** Text that the body must contain, whatever its case. */
  text: text.optional(),
  /** A header that must be present, or carry the value given. */
  header: z.strictObject({ name: text, value: text.optional() }).optional(),
  /** What it means: retry with backoff, blocked by a limit, skip the stream, refuse the run. */
  verdict: z.enum(['retry', 'blocked', 'skip', 'refuse', 'refresh']),
});

const incremental = z.strictObject({
  /** Dotted path of the watermark in a record (`timeStamp`, `version`). */
  field: text,
  /** Parameter that carries it; left out when the pagination's cursor is the watermark itself. */
  param: text.optional(),
  /** How the value is written, `{value}` being the watermark: `>=,{value}`. Default `{value}`. */
  format: text.optional(),
  /** Where the first run starts; left out, it reads everything. */
  first: scalar.optional(),
  /** How values compare: ISO instants (default) or integers of any size. */
  type: z.enum(['instant', 'integer']).optional(),
  /** Seconds to reach back behind the watermark at each run, for late rows. Instants only. */
  lookbackSeconds: z.number().nonnegative().optional(),
  /** Parameter and format that bound a run from above by the time it started. */
  until: z.strictObject({ param: text, format: text.optional() }).optional(),
  /**
   * Path of a record's time of change, for walks in the order of change: the run ends behind the
   * first page whose last record changed after the run began. Data that changes faster than it is
   * read cannot keep a run going; the next one goes on from there.
   */
  changedAt: text.optional(),
});

const stream = z.strictObject({
  /** Lower-case words joined by `_` or `-`: the table. */
  name: streamName,
  /** What one record is, for people. */
  description: text.optional(),
  /** Path below `baseUrl`; `{setting}` is replaced. */
  path: text,
  method: z.enum(['GET', 'POST']).optional(),
  /** Parameters of every request, written as they are meant: they are encoded once. */
  query: z.record(z.string(), scalar).optional(),
  /** Over those of the source. */
  headers: z.record(z.string(), z.string()).optional(),
  /** JSON body of a POST; pagination parameters are merged in where it says `in: 'body'`. */
  body: z.record(z.string(), z.unknown()).optional(),
  /** Where the records stand in a response: a dotted path, or one with what is no error there. */
  records: recordsSpec,
  /** How the next page is found, and what ends the stream. */
  pagination,
  /** Fields that identify a record. Without them, only the last full snapshot is current. */
  primaryKey: z.array(text).min(1).optional(),
  /** Reads only what changed since the last finished run. */
  incremental: incremental.optional(),
  /** Field that is set (neither null, false nor empty) when the record was deleted. */
  deletedField: text.optional(),
  /** Where the API tells how many records there are, and what a difference means. */
  total: z
    .strictObject({
      body: text.optional(),
      header: text.optional(),
      onMismatch: z.enum(['warn', 'fail']).optional(),
    })
    .optional(),
  /** Permits of one request, when it is not 1 (Lightspeed R: load_relations, count). */
  cost: z.number().positive().max(1000).optional(),
  /** `1` makes each invocation fetch exactly one page. */
  pagesPerRound: z.int().positive().optional(),
  /** Pages of one run: an incremental stream goes on from there at the next run, others fail. */
  maxPages: z.int().positive().max(RUN_PAGES).optional(),
  /** Hours after which the API forgets a cursor: an older one starts the stream again. */
  cursorHours: z.number().positive().optional(),
  /** What responses mean when they do not mean the usual; over those of the source. */
  verdicts: z.array(verdict).optional(),
  /** SQL types for columns that arrive as text: `{ "qty": "bigint" }`. */
  casts: z.record(z.string(), z.enum(['boolean', 'bigint', 'double', 'timestamp'])).optional(),
});

export const sourceSchema = z.strictObject({
  /** Lower-case words joined by hyphens: part of keys, tables and execution names. */
  name: sourceName,
  /** What it is, for people. */
  description: text.optional(),
  /** `https://host/base`; `{setting}` is replaced. Every request stays on this origin. */
  baseUrl: text,
  /** Values the owner gives (environment or secret), named in `{braces}`; value: what it is. */
  settings: z.record(z.string().regex(/^[a-z][A-Za-z0-9]*$/), text).optional(),
  /** Sent with every request, `{setting}` replaced. Accept and User-Agent are there already. */
  headers: z.record(z.string(), z.string()).optional(),
  /** How to sign in; the values are in Secrets Manager or the environment. Default: not at all. */
  credentials: credentials.optional(),
  /** All of them must grant. See `presets.ts` for those of well-known APIs. */
  limits: z.array(limit).optional(),
  /** Share of every limit that is left to the account's other applications, 0..0.9. */
  reserve: z.number().min(0).max(0.9).optional(),
  /** What shares one budget, `{setting}` replaced: sources with the same scope share it. */
  scope: text.optional(),
  /** Seconds to wait after a refusal that names no time. Default: backoff. */
  refusedWaitSeconds: z.number().positive().optional(),
  /** Streams drained at the same time. Default 4. */
  concurrency: z.int().min(1).max(40).optional(),
  /** What responses mean when they do not mean the usual; the first that matches holds. */
  verdicts: z.array(verdict).optional(),
  /** Seconds of faults without one good page after which a stream fails, its cursor kept. */
  patienceSeconds: z.number().nonnegative().optional(),
  /** Longest time of one request, headers and body. Default 60. */
  requestSeconds: z.number().positive().max(240).optional(),
  streams: z.array(stream).min(1).max(STREAMS_PER_SOURCE),
});

export type Source = z.infer<typeof sourceSchema>;
export type Stream = z.infer<typeof stream>;
export type Verdict = z.infer<typeof verdict>;
export type Credentials = z.infer<typeof credentials>;
export type Incremental = z.infer<typeof incremental>;

/** Gives a source file its types; what it says is checked when it is read, all faults at once. */
export const defineSource = (source: Source): Source => source;

/**
 * The source in `value`, or a configuration error that lists every fault with its path.
 * @param where the file it came from, for the message
 */
export function readSource(value: unknown, where: string): Source {
  const parsed = sourceSchema.safeParse(value);
  const single = parsed.success ? [] : describeFaults(parsed.error, value);
  const placed = new Set(single.map(placeOf));
  // A field that is wrong by itself need not be told of twice.
  const faults = [...single, ...crossFaults(value).filter((fault) => !placed.has(placeOf(fault)))];
  if (parsed.success && faults.length === 0) return parsed.data;
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
  throw new DriplakeError(
    Failure.configuration,
    `${where} has ${count}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    '',
  );
}

const placeOf = (fault: string): string => fault.slice(0, fault.indexOf(':'));
