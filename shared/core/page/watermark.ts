// Where the next run of an incremental stream starts. Watermarks are compared as what they are
// (instants or integers of any size) and kept as the API wrote them: nothing is rounded on the way.
//
// A run that starts at 08:00 UTC saw `07:59:58Z` and a row of 2099: the next one asks from `08:00:00Z`.
// The same without zones, by an account in New York: from 03:00:00 where `zone` says so, and from
// 20:00:00 of the day before where nobody does.

import { SAME_DAY_SECONDS } from '../bounds.ts';
import { plainText } from '../records/raw.ts';
import type { Incremental } from '../source/source.ts';
import {
  earliestLocal,
  earliestMoment,
  type Instant,
  latestLocal,
  readInstant,
} from '../time/instant.ts';
import { timeFormat } from '../time/time-format.ts';

/**
 * The later of the watermark so far and the one in a record.
 * @param seen source text of the record's field; one that is absent, null or no instant (or no
 *   integer) moves nothing, which is safe: the next run reads the record again
 */
export function widenWatermark(
  spec: Incremental,
  current: string | undefined,
  seen: string | undefined,
): string | undefined {
  const text = plainText(seen);
  if (text === undefined || !isWatermark(spec, text)) return current;
  return current === undefined || compare(spec, text, current) > 0 ? text : current;
}

/**
 * The watermark to keep when a run has finished: never later than the run's start. A record dated
 * in the far future would otherwise hide every change until then. Where times name no zone, what
 * the account's clock shows at the run's start is known from `zone`; without one the watermark is
 * no later than any clock on earth, twelve hours behind UTC, and the next run reads those again.
 * @param startedAt ISO instant
 * @param zone of times that name none: IANA name or offset
 */
export function watermarkToKeep(
  spec: Incremental,
  widest: string | undefined,
  startedAt: string,
  zone?: string,
): string | undefined {
  const start = readInstant(startedAt);
  if (widest === undefined || spec.type === 'integer' || !start) return widest;
  const { read, write } = timeFormat(spec.fieldAs);
  const moment = read(widest);
  if (!moment) return widest;
  const latest = moment.isLocal
    ? { seconds: earliestLocal(start.seconds, zone), fraction: '' }
    : start;
  return compareInstants(moment, latest) > 0 ? write(widest, latest.seconds, '0') : widest;
}

/**
 * Whether a record's time of change surely lies behind an ISO instant; what is no instant never
 * does, and a time without a zone only where it does in every zone that it may mean.
 */
export function isLater(seen: string | undefined, instant: string, zone?: string): boolean {
  const text = plainText(seen);
  const moment = text === undefined ? undefined : readInstant(text);
  if (text === undefined || moment === undefined) return false;
  if (!moment.isLocal) return compare({}, text, instant) > 0;
  return earliestMoment(moment.seconds, zone) > (readInstant(instant)?.seconds ?? 0);
}

/**
 * What the run asks for: the kept watermark less the lookback, else `first`, else everything.
 * @param nowMs what `daysAgo` counts from
 */
export function startingPoint(
  spec: Incremental,
  stored: string | undefined,
  nowMs: number,
): string | undefined {
  if (stored === undefined) return firstPoint(spec, nowMs);
  const { read, write } = timeFormat(spec.fieldAs);
  const instant = spec.type === 'integer' ? undefined : read(stored);
  if (!instant || !spec.lookbackSeconds) return stored;
  return write(stored, instant.seconds - Math.ceil(spec.lookbackSeconds));
}

/** As the field is written, whichever way the source says it. */
function firstPoint({ first, fieldAs, type }: Incremental, nowMs: number): string | undefined {
  if (first === undefined) return undefined;
  const { read, write } = timeFormat(fieldAs);
  if (typeof first === 'object')
    return write(SECONDS, Math.floor(nowMs / 1000) - first.daysAgo * DAY);
  const text = String(first);
  const iso = type === 'integer' || read(text) ? undefined : readInstant(text);
  return iso ? write(text, iso.seconds) : text;
}

/** Whether a text says where to start: as the field is written, or as an ISO date or time. */
export const isFirst = ({ fieldAs, type }: Pick<Incremental, 'fieldAs' | 'type'>, text: string) =>
  type === 'integer'
    ? INTEGER.test(text)
    : (readInstant(text) ?? timeFormat(fieldAs).read(text)) !== undefined;

const DAY = 86_400;
/** The style of a time that nobody has written yet. */
const SECONDS = '2000-01-01T00:00:00Z';

/**
 * The watermark as requests carry it, where they write times otherwise than the records. Without a
 * zone in what is written, it is the earliest that a clock can show at that moment.
 */
export function asSent(
  { fieldAs, as, type }: Incremental,
  watermark: string,
  zone: string | undefined,
): string {
  if (as === undefined || type === 'integer') return watermark;
  const { write, isLocal } = timeFormat(as);
  const moment = timeFormat(fieldAs).read(watermark);
  if (!moment) return watermark;
  const isPlaced = isLocal && !moment.isLocal;
  return write(watermark, isPlaced ? earliestLocal(moment.seconds, zone) : moment.seconds);
}

/** The run's start as requests carry it: an ISO instant where nothing says otherwise. */
export function startAsSent(
  { fieldAs, as = fieldAs }: Incremental,
  startedAt: string,
  zone: string | undefined,
): { readonly text: string; readonly isNumber: boolean } {
  const start = as === undefined ? undefined : readInstant(startedAt);
  if (!start) return { text: startedAt, isNumber: false };
  const { write, isNumber, isLocal } = timeFormat(as);
  const seconds = isLocal ? latestLocal(start.seconds, zone) : start.seconds;
  return { text: write(startedAt, seconds), isNumber };
}

/** Whether it is a number there. */
export const isSentAsNumber = ({ fieldAs, as = fieldAs, type }: Incremental): boolean =>
  type === 'integer' || timeFormat(as).isNumber;

/** What came of a request for what has changed. */
export interface Asked {
  /** Rows with a watermark. */
  readonly dated: number;
  /** Those of them that had not changed since what was asked for. */
  readonly older: number;
}

/** How many rows are older than `from`: none, where the API heeds the parameter that carries it. */
export function countOlder(
  spec: Incremental,
  from: string,
  seen: Iterable<string | undefined>,
): Asked {
  const { read, write } = timeFormat(spec.fieldAs);
  const instant = spec.type === 'integer' ? undefined : read(from);
  const bound = instant ? write(from, instant.seconds - SAME_DAY_SECONDS) : from;
  let [dated, older] = [0, 0];
  for (const value of seen) {
    const text = plainText(value);
    if (text === undefined || !isWatermark(spec, text)) continue;
    dated++;
    if (compare(spec, bound, text) > 0) older++;
  }
  return { dated, older };
}

/** One sentence, where the API sends what it was not asked for: more than a stray row or two. */
export function describeOlder(
  { field, param }: Incremental,
  from: string,
  { dated, older }: Asked,
): string | undefined {
  if (older * 2 <= dated) return undefined;
  const parameter = param === undefined ? 'the cursor' : `the parameter ${param}`;
  return (
    `${older} of ${dated} rows have an older ${field} than ${from}, which was asked for: the API ` +
    `seems to ignore ${parameter}, so that each run reads everything again.`
  );
}

const isWatermark = (spec: Incremental, text: string): boolean =>
  spec.type === 'integer' ? INTEGER.test(text) : timeFormat(spec.fieldAs).read(text) !== undefined;

const INTEGER = /^-?\d{1,40}$/;

/** Positive when `one` is later. */
function compare(spec: Pick<Incremental, 'type' | 'fieldAs'>, one: string, other: string): number {
  if (spec.type === 'integer') {
    return INTEGER.test(other) ? Number(BigInt(one) > BigInt(other)) : 1;
  }
  const { read } = timeFormat(spec.fieldAs);
  const [left, right] = [read(one), read(other)];
  if (!left || !right) return left ? 1 : -1;
  return compareInstants(left, right);
}

type Moment = Pick<Instant, 'seconds' | 'fraction'>;

function compareInstants(left: Moment, right: Moment): number {
  if (left.seconds !== right.seconds) return left.seconds - right.seconds;
  const digits = Math.max(left.fraction.length, right.fraction.length);
  return left.fraction.padEnd(digits, '0') > right.fraction.padEnd(digits, '0') ? 1 : -1;
}
