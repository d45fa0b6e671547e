// A source is data: an API account, its limits and its streams. This file is the schema of that
// data; it refuses every field it does not know and lists all faults of a source at once.

import * as z from 'zod/mini';
import {
  COOKIES,
  MAP_CONCURRENCY,
  NAME_CHARS,
  REQUEST_COST,
  REQUEST_SECONDS_MOST,
  RUN_PAGES,
  STREAMS_PER_SOURCE,
  THROTTLE_LONGEST_MS,
} from '../bounds.ts';
import { DriplakeError, Failure } from '../failures.ts';
import { describeFaults } from '../faults.ts';
import { castSchema } from '../table/sql-types.ts';
import { records, verdict } from './answer-spec.ts';
import { limit } from './api-limits.ts';
import { credentials } from './credentials/credentials-schema.ts';
import { crossFaults } from './cross-faults.ts';
import { defaultsFaults, fillDefaults, whereWritten } from './defaults.ts';
import { pagination } from './pagination-schema.ts';
import { include, partitions, skipAtMost, times, windows } from './partition-schema.ts';

const text = z.string().check(z.minLength(1));
const scalar = z.union([z.string(), z.number(), z.boolean()]);

/** Lower-case words joined by hyphens (a stream also allows `_`): part of keys and table names. */
const sourceName = z
  .string()
  .check(
    z.regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, { error: 'lower-case words joined by "-"' }),
    z.maxLength(NAME_CHARS),
  );
const streamName = z.string().check(
  z.regex(/^[a-z][a-z0-9]*([_-][a-z0-9]+)*$/, {
    error: 'lower-case words joined by "_" or "-"',
  }),
  z.maxLength(NAME_CHARS),
);

const incremental = z.strictObject({
  /** Dotted path of the watermark in a record (`timeStamp`, `version`). */
  field: text,
  /** Parameter that carries it; left out when the pagination's cursor is the watermark itself. */
  param: z.optional(text),
  /** How the value is written, `{value}` being the watermark: `>=,{value}`. Default `{value}`. */
  format: z.optional(text),
  /**
   * How the field's times are written, where they are no ISO dates or times: `epoch`, `epoch-ms`,
   * `dot-net`, `rfc-2822`, or a pattern such as `MM/DD/YYYY hh:mm`.
   */
  fieldAs: z.optional(times),
  /** How requests write them. Default: as the field does. */
  as: z.optional(times),
  /** Where the first run starts, or how many days back; left out, it reads everything. */
  first: z.optional(
    z.union([scalar, z.strictObject({ daysAgo: z.number().check(z.nonnegative()) })]),
  ),
  /** How values compare: ISO instants (default) or integers of any size. */
  type: z.optional(z.enum(['instant', 'integer'])),
  /** Seconds to reach back behind the watermark at each run, for late rows. Instants only. */
  lookbackSeconds: z.optional(z.number().check(z.nonnegative())),
  /** Parameter and format that bound a run from above by the time it started. */
  until: z.optional(z.strictObject({ param: text, format: z.optional(text) })),
  /**
   * Reads from `first` or the watermark to the run's start in windows of so much time, each a walk
   * of its own. `param` carries where one begins and `until.param` where it ends, or `{from}` and
   * `{to}` stand where they are wanted.
   */
  window: z.optional(windows),
  /**
   * Path of a record's time of change, for walks in the order of change: the run ends behind the
   * first page whose last record changed after the run began. Data that changes faster than it is
   * read cannot keep a run going; the next one goes on from there.
   */
  changedAt: z.optional(text),
});

const stream = z.strictObject({
  /** Lower-case words joined by `_` or `-`: the table. */
  name: streamName,
  /** What one record is, for people. */
  description: z.optional(text),
  /** Path below `baseUrl`; `{setting}` is replaced. */
  path: text,
  method: z.optional(z.enum(['GET', 'POST'])),
  /** Parameters of every request, written as they are meant: they are encoded once. */
  query: z.optional(z.record(z.string(), scalar)),
  /** Over those of the source. */
  headers: z.optional(z.record(z.string(), z.string())),
  /** How a body is written: as JSON, or as `application/x-www-form-urlencoded`. */
  bodyAs: z.optional(z.enum(['json', 'form'])),
  /** Body of a POST; pagination parameters are merged in where it says `in: 'body'`. */
  body: z.optional(z.record(z.string(), z.unknown())),
  /** A walk for each record of a parent, each value of a list, or each combination of these. */
  partitions: z.optional(partitions),
  /** Fields at the head of each line: `{ issue_number: '{issue.number}' }`. */
  include: z.optional(include),
  /** Share of the partitions that a verdict of `skip` may pass over. Default 1: any. */
  skipAtMost: z.optional(skipAtMost),
  /** Where the records stand in a response: a dotted path, or one with what is no error there. */
  records,
  /** How the next page is found, and what ends the stream. */
  pagination,
  /** Limits of this stream's endpoint, beside those of the source: all of them must grant. */
  limits: z.optional(z.array(limit).check(z.minLength(1))),
  /** What shares the budget of these limits, `{setting}` replaced. Default: this stream alone. */
  scope: z.optional(text),
  /** The API counts this endpoint by itself: the limits of the source do not apply. */
  onlyOwnLimits: z.optional(z.literal(true)),
  /** Fields that identify a record. Without them, only the last full snapshot is current. */
  primaryKey: z.optional(z.array(text).check(z.minLength(1))),
  /** Reads only what changed since the last finished run. */
  incremental: z.optional(incremental),
  /** Over that of the source. */
  zone: z.optional(text),
  /** Field that is set (neither null, false nor empty) when the record was deleted. */
  deletedField: z.optional(text),
  /** Where the API tells how many records there are, and what a difference means. */
  total: z.optional(
    z.strictObject({
      body: z.optional(text),
      header: z.optional(text),
      onMismatch: z.optional(z.enum(['warn', 'fail'])),
    }),
  ),
  /** Permits of one request, when it is not 1 (Lightspeed R: load_relations, count). */
  cost: z.optional(z.number().check(z.positive(), z.maximum(REQUEST_COST))),
  /** `1` makes each invocation fetch exactly one page. */
  pagesPerRound: z.optional(z.int().check(z.positive())),
  /** Pages of one run: an incremental stream goes on from there at the next run, others fail. */
  maxPages: z.optional(z.int().check(z.positive(), z.maximum(RUN_PAGES))),
  /** Hours after which the API forgets a cursor: an older one starts the stream again. */
  cursorHours: z.optional(z.number().check(z.positive())),
  /** What responses mean when they do not mean the usual; over those of the source. */
  verdicts: z.optional(z.array(verdict)),
  /** SQL types for columns that arrive as text: `{ "qty": "bigint" }`. */
  casts: z.optional(z.record(z.string(), castSchema)),
});

export const sourceSchema = z.strictObject({
  /** Lower-case words joined by hyphens: part of keys, tables and execution names. */
  name: sourceName,
  /** What it is, for people. */
  description: z.optional(text),
  /** `https://host/base`; `{setting}` is replaced. Every request stays on this origin. */
  baseUrl: text,
  /** Values the owner gives (environment or secret), named in `{braces}`; value: what it is. */
  settings: z.optional(z.record(z.string().check(z.regex(/^[a-z][A-Za-z0-9]*$/)), text)),
  /**
   * More of what the owner keeps secret, named in `{braces}` of paths, queries, headers and bodies:
   * a second key, a signed address. They may change at any time, and no text ever shows them.
   */
  secrets: z.optional(z.record(z.string().check(z.regex(/^[a-z][A-Za-z0-9]*$/)), text)),
  /** Sent with every request, `{setting}` replaced. Accept and User-Agent are there already. */
  headers: z.optional(z.record(z.string(), z.string())),
  /**
   * Names of cookies that later pages need (`AWSALB`): kept for one walk, in the ledger with its
   * cursor. They are no credentials.
   */
  cookies: z.optional(
    z
      .array(z.string().check(z.regex(/^[!#$%&'*+.^_`|~\w-]+$/)))
      .check(z.minLength(1), z.maxLength(COOKIES)),
  ),
  /** How to sign in; the values are in Secrets Manager or the environment. Default: not at all. */
  credentials: z.optional(credentials),
  /** All of them must grant. See `presets.ts` for those of well-known APIs. */
  limits: z.optional(z.array(limit)),
  /** Share of every limit that is left to the account's other applications, 0..0.9. */
  reserve: z.optional(z.number().check(z.minimum(0), z.maximum(0.9))),
  /**
   * Zone of times that name none (`2026-01-02 03:04:05`): an IANA name or an offset. Without it,
   * each run reads the last twelve hours of such times again.
   */
  zone: z.optional(text),
  /** What shares one budget, `{setting}` replaced: sources with the same scope share it. */
  scope: z.optional(text),
  /** Seconds to wait after a throttled request that names no time. Default: backoff. */
  refusedWaitSeconds: z.optional(
    z.number().check(z.positive(), z.maximum(THROTTLE_LONGEST_MS / 1000)),
  ),
  /** Streams drained at the same time. Default 4. */
  concurrency: z.optional(z.int().check(z.minimum(1), z.maximum(MAP_CONCURRENCY))),
  /** What responses mean when they do not mean the usual; the first that matches holds. */
  verdicts: z.optional(z.array(verdict)),
  /** Seconds of faults without one good page after which a stream fails, its cursor kept. */
  patienceSeconds: z.optional(z.number().check(z.nonnegative())),
  /**
   * Seconds that a stream waits at most for an API that throttles it or a limit that is used up;
   * beyond them it fails at once, its cursor kept. Default: as long as it takes.
   */
  waitAtMostSeconds: z.optional(z.number().check(z.nonnegative())),
  /** Longest time of one request, headers and body. Default 60. */
  requestSeconds: z.optional(z.number().check(z.positive(), z.maximum(REQUEST_SECONDS_MOST))),
  streams: z.array(stream).check(z.minLength(1), z.maxLength(STREAMS_PER_SOURCE)),
});

export type Source = z.infer<typeof sourceSchema>;
export type Stream = z.infer<typeof stream>;
export type Incremental = z.infer<typeof incremental>;

/** A source as a file writes it: what all streams have in common stands in `defaults`. */
export interface SourceFile extends Omit<Source, 'streams'> {
  /** Any fields of a stream but its name and path; the streams' own replace them. */
  readonly defaults: Partial<Omit<Stream, 'name' | 'path'>>;
  readonly streams: readonly (Pick<Stream, 'name' | 'path'> & Partial<Stream>)[];
}

/** Gives a source file its types; what it says is checked when it is read, all faults at once. */
export function defineSource(source: Source): Source;
export function defineSource(source: SourceFile): SourceFile;
export function defineSource(source: Source | SourceFile): Source | SourceFile {
  return source;
}

/**
 * The source in `written`, or a configuration error that lists every fault with its path.
 * @param where the file it came from, for the message
 */
export function readSource(written: unknown, where: string): Source {
  const value = fillDefaults(written);
  const parsed = sourceSchema.safeParse(value);
  const single = parsed.success ? [] : describeFaults(parsed.error, value);
  const placed = new Set(single.map(placeOf));
  // A field that is wrong by itself need not be told of twice.
  const crossed = crossFaults(value).filter((fault) => !placed.has(placeOf(fault)));
  const filled = [...single, ...crossed].map((fault) => whereWritten(written, fault));
  const faults = [...defaultsFaults(written), ...new Set(filled)];
  if (parsed.success && faults.length === 0) return inZone(parsed.data);
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
  throw new DriplakeError(
    Failure.configuration,
    `${where} has ${count}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    '',
  );
}

/** Each stream knows its zone. */
function inZone(source: Source): Source {
  const { zone } = source;
  if (zone === undefined) return source;
  return { ...source, streams: source.streams.map((stream) => ({ zone, ...stream })) };
}

const placeOf = (fault: string): string => fault.slice(0, fault.indexOf(':'));
