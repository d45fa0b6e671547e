// Windows of time between where a run begins and when it started: they leave no gap, and each is
// written so that the next one begins where it ends. The last one reaches to the end of the unit
// in which the run started (a day where ends are days); what comes later is of the next run.
//
// `{ months: 1, as: 'YYYY-MM-DD' }` from 15 January, started on 3 March: 01-15..02-01,
// 02-01..03-01, 03-01..03-04; inclusive: 01-15..01-31, 02-01..02-28, 03-01..03-03.

import { WINDOWS_PER_RUN } from '../bounds.ts';
import { DriplakeError, Failure } from '../failures.ts';
import { type Unit, unitOf, type Windows } from '../source/partition-schema.ts';
import type { Incremental } from '../source/source.ts';
import { earliestLocal, type Instant, latestLocal } from '../time/instant.ts';
import { timeFormat } from '../time/time-format.ts';
import type { PartitionValues } from './values.ts';

/** How ends are written. */
interface Writing {
  readonly unit: Unit;
  /** Raw JSON text of a moment of so many ms, a whole unit. */
  write(atMs: number): string;
}

export interface WindowContext {
  /** Where the run begins, raw: its watermark, or `first`. */
  readonly from?: string | undefined;
  readonly startedAtMs: number;
  /** Of times that name none. */
  readonly zone?: string | undefined;
}

/**
 * `{from}` and `{to}` of each window, the earliest first; one without values where a stream has no
 * windows. There is always one, also when a run starts no later than it begins.
 * @throws DriplakeError configuration, when there are too many, or `from` is no instant
 */
export function* windowsOf(
  incremental: Incremental | undefined,
  { from, startedAtMs, zone }: WindowContext,
): Generator<PartitionValues, void, undefined> {
  const spec = incremental?.window;
  if (!spec) return yield {};
  const begin = from === undefined ? undefined : timeFormat(incremental.fieldAs).read(from);
  if (from === undefined || !begin) {
    throw tooFar(`Its windows begin at ${from ?? 'nothing'}, which is no date or time.`);
  }
  const as = spec.as ?? incremental.as ?? incremental.fieldAs;
  const { unit, write } = writingOf(as, from);
  const isOfClock = as === undefined ? begin.isLocal : timeFormat(as).isLocal;
  const beginMs =
    isOfClock && !begin.isLocal ? earliestLocal(begin.seconds, zone) * 1000 : msOf(begin);
  // A day without a time is one of UTC, unless its zone is known: none that is not there yet.
  const isElsewhere = isOfClock && (zone !== undefined || TIMES.has(unit));
  const latestMs = isElsewhere ? latestLocal(startedAtMs / 1000, zone) * 1000 : startedAtMs;
  let atMs = floor(beginMs, unit);
  const endMs = Math.max(after(floor(latestMs - 1, unit), unit), after(atMs, unit));
  for (let count = 1; atMs < endMs; count++) {
    if (count > WINDOWS_PER_RUN) {
      throw tooFar(`There are more than ${WINDOWS_PER_RUN} windows from ${from} on.`);
    }
    const nextMs = Math.min(endMs, nextWindow(atMs, spec));
    const toMs = spec.inclusive ? before(nextMs, unit) : nextMs;
    yield { from: write(atMs), to: write(toMs) };
    atMs = nextMs;
  }
}

const TIMES: ReadonlySet<Unit> = new Set(['hour', 'minute', 'second']);

const msOf = ({ seconds, fraction }: Instant): number =>
  seconds * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0'));

function writingOf(as: string | undefined, from: string): Writing {
  const { write, isNumber } = timeFormat(as);
  const text = (atMs: number): string => write(from, atMs / 1000, '0');
  if (as !== undefined) {
    return { unit: unitOf(as), write: isNumber ? text : (atMs) => JSON.stringify(text(atMs)) };
  }
  const unit = !HAS_TIME.test(from) ? 'day' : HAS_SECONDS.test(from) ? 'second' : 'minute';
  return { unit, write: (atMs) => JSON.stringify(text(atMs)) };
}

const HAS_TIME = /[Tt ]\d\d:/;
const HAS_SECONDS = /[Tt ]\d\d:\d\d:/;

const DAY_MS = 86_400_000;

const LENGTHS_MS: Readonly<Partial<Record<Unit, number>>> = {
  day: DAY_MS,
  hour: 3_600_000,
  minute: 60_000,
  second: 1_000,
  millisecond: 1,
};

/** The beginning of the unit that a moment lies in. */
function floor(atMs: number, unit: Unit): number {
  const length = LENGTHS_MS[unit];
  if (length !== undefined) return Math.floor(atMs / length) * length;
  return startOf(atMs, unit === 'year' ? 12 : 1, 0);
}

/** One unit after its beginning. */
function after(atMs: number, unit: Unit): number {
  const length = LENGTHS_MS[unit];
  return length === undefined ? startOf(atMs, unit === 'year' ? 12 : 1, 1) : atMs + length;
}

/** One unit before its beginning. */
const before = (atMs: number, unit: Unit): number => floor(atMs - 1, unit);

/** Days from where the last window ended; months and years begin where the calendar's do. */
function nextWindow(atMs: number, { days, months, years }: Windows): number {
  if (days !== undefined) return atMs + days * DAY_MS;
  return months === undefined ? startOf(atMs, 12, years ?? 1) : startOf(atMs, 1, months);
}

/** The beginning of a month (`step` 1) or a year (12) that is `ahead` of that of a moment. */
function startOf(atMs: number, step: 1 | 12, ahead: number): number {
  const date = new Date(atMs);
  const month = step === 1 ? date.getUTCMonth() : 0;
  // Date.UTC takes the years 0..99 for those of the twentieth century.
  const start = new Date(0);
  start.setUTCFullYear(date.getUTCFullYear(), month + ahead * step, 1);
  return start.getTime();
}

const tooFar = (message: string): DriplakeError =>
  new DriplakeError(
    Failure.configuration,
    message,
    'Look at incremental.first and at incremental.window.',
  );
