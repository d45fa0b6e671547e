// What one answer of an API means, before its records are looked at: a declared verdict if one
// matches, else a default that never takes a fault for the end of the data. It never trusts a
// Content-Type; whether a kept body holds records is for those who slice it to say.

import { EVIDENCE_BYTES, REDACTED_BYTES, THROTTLE_LONGEST_MS } from '../bounds.ts';
import { printable } from '../faults.ts';
import { type LimitReport, meaningOf } from '../limit-report.ts';
import type { Verdict } from '../source/answer-spec.ts';
import type { Limit } from '../source/api-limits.ts';
import { limitsOf } from '../source/api-limits.ts';
import { isRenewable } from '../source/credentials/credential-kinds.ts';
import type { Source, Stream } from '../source/source.ts';
import type { HttpAnswer } from './exchange.ts';
import { readLimitReports } from './headers.ts';
import { retryAfterMs } from './retry-after.ts';
import { declaredFor, isGood, type Reading, type Response, readingOf } from './verdicts.ts';

/** `reason` is one line for people: the cause, then the status, the content type and the body. */
export type Judgement =
  | { readonly kind: 'keep'; readonly reading: Reading }
  /** `untilMs` (our clock): it says when to ask again. */
  | { readonly kind: 'retry'; readonly reason: string; readonly untilMs?: number }
  /** The whole scope is throttled; without `untilMs` (our clock) nobody said until when. */
  | { readonly kind: 'throttled'; readonly untilMs?: number; readonly reason: string }
  | { readonly kind: 'refresh'; readonly reason: string }
  | { readonly kind: 'skip'; readonly reason: string }
  /** The walk ends here, or goes on behind a page without rows. */
  | { readonly kind: 'end' | 'empty'; readonly reading: Reading; readonly reason: string }
  /** The cursor is dead. */
  | { readonly kind: 'restart'; readonly reason: string }
  /** `undeclared`: the status, where the source has no verdict for it. */
  | { readonly kind: 'refuse'; readonly reason: string; readonly undeclared?: number }
  /** We were told to stop: neither the API's fault nor a reason to try again. */
  | { readonly kind: 'aborted' };

/**
 * Judges an answer: the stream's verdicts first, then the source's, in their order, then defaults.
 *
 * | answer | default |
 * |---|---|
 * | 2xx | keep; 204 and 205 retry, since a page without a body is not an end |
 * | 202 | retry: it is not there yet |
 * | 401 | refresh where the credentials can be renewed, else refuse |
 * | 403 | throttled when a `Retry-After` or an exhausted limit comes with it, else refuse |
 * | 408, 425, 5xx | retry; 503 with a `Retry-After` is throttled |
 * | to be retried, with a `Retry-After` | retry then |
 * | 429 | throttled |
 * | throttled or retried, later than THROTTLE_LONGEST_MS | refuse: no run waits for that |
 * | all else | refuse; 404 and 410 of an optional stream are declared as `skip` |
 * | broken connection | retry; a body too large or a redirect that was not followed: refuse |
 *
 * @param nowMs our clock when the answer arrived
 * @param redact takes credentials out of what the reason quotes: some servers echo them
 */
export function classify(
  answer: HttpAnswer,
  source: Source,
  stream: Stream,
  nowMs: number,
  redact: Redact = unchanged,
): Judgement {
  if (answer.kind === 'fault') return judgeFault(answer, nowMs);
  const judged = judgeResponse(answer, source, stream, nowMs);
  if (!('reason' in judged)) return judged;
  return { ...judged, reason: `${judged.reason}: ${evidence(answer, redact)}` };
}

type Redact = (text: string) => string;
const unchanged: Redact = (text) => text;

/** Here and below, a reason is the cause alone. */
function judgeResponse(
  answer: Response,
  source: Source,
  stream: Stream,
  nowMs: number,
): Judgement {
  const reading = readingOf(answer, stream);
  const declared = declaredFor(reading, source, stream);
  const limits = limitsOf(source, stream).flatMap((shared) => shared.limits);
  const by = { source, limits, nowMs };
  return declared === undefined
    ? judgeStatus(reading, by)
    : DECLARED[declared.verdict](reading, by);
}

/** What an answer is judged by. */
interface Standards {
  readonly source: Source;
  /** All that the stream spends from. */
  readonly limits: readonly Limit[];
  readonly nowMs: number;
}

/** Whether an answer says that the access token is not accepted: a 401, or as declared. */
export function rejectsToken(answer: Response, source: Source, stream: Stream): boolean {
  if (answer.status === 401) return true;
  const verdicts = [...(stream.verdicts ?? []), ...(source.verdicts ?? [])];
  if (!verdicts.some(({ verdict }) => verdict === 'refresh')) return false;
  return declaredFor(readingOf(answer, stream), source, stream)?.verdict === 'refresh';
}

const AS_DECLARED = 'declared in the source';

const asDeclared = (kind: 'skip' | 'refuse' | 'restart') => (): Judgement => ({
  kind,
  reason: AS_DECLARED,
});

const ofWalk =
  (kind: 'end' | 'empty') =>
  (reading: Reading): Judgement => ({
    kind,
    reading,
    reason: AS_DECLARED,
  });

/** What each verdict that a source declares means. */
const DECLARED: Readonly<
  Record<Verdict['verdict'], (reading: Reading, by: Standards) => Judgement>
> = {
  retry: ({ response }, { nowMs }) => again(response, nowMs, AS_DECLARED),
  blocked: ({ response }, by) => throttled(response, by),
  skip: asDeclared('skip'),
  refuse: asDeclared('refuse'),
  refresh: (_reading, { source }) => refreshOrRefuse(source),
  end: ofWalk('end'),
  restart: asDeclared('restart'),
  empty: ofWalk('empty'),
};

function judgeFault(fault: Extract<HttpAnswer, { kind: 'fault' }>, nowMs: number): Judgement {
  const { reason: what, untilMs } = fault;
  if (what === 'aborted') return { kind: 'aborted' };
  const reason = evidence(fault);
  if (what === 'too-large' || what === 'redirect') return { kind: 'refuse', reason };
  return untilMs === undefined ? { kind: 'retry', reason } : retryAt(untilMs, nowMs, reason);
}

function judgeStatus(reading: Reading, by: Standards): Judgement {
  const { source, nowMs } = by;
  const { response: answer } = reading;
  const { status } = answer;
  // The API has begun to make the list: what comes with the word is not the list.
  if (status === 202) return again(answer, nowMs, 'the answer is not ready yet');
  if (status === 204 || status === 205) {
    return { kind: 'retry', reason: 'a page without a body is not an end' };
  }
  if (isGood(answer)) return { kind: 'keep', reading };
  if (status === 401) return refreshOrRefuse(source);
  const isThrottled =
    status === 429 ||
    (status === 403 && (saysWhen(answer, nowMs) || saysExhausted(answer, by))) ||
    (status === 503 && saysWhen(answer, nowMs));
  if (isThrottled) return throttled(answer, by);
  const isPassing = status === 408 || status === 425 || (status >= 500 && status < 600);
  if (isPassing) return again(answer, nowMs, 'the server failed');
  return { kind: 'refuse', reason: 'the server refused', undeclared: status };
}

/** Worth another try, at the time that it names if it names one. */
function again(answer: Response, nowMs: number, reason: string): Judgement {
  const untilMs = saidUntil(answer, nowMs);
  return untilMs === undefined ? { kind: 'retry', reason } : retryAt(untilMs, nowMs, reason);
}

/** At the time that was named, unless no run waits for that. */
const retryAt = (untilMs: number, nowMs: number, reason: string): Judgement =>
  untilMs - nowMs > THROTTLE_LONGEST_MS
    ? { kind: 'refuse', reason: `${reason}: ${tooLong(untilMs, nowMs)}` }
    : { kind: 'retry', reason, untilMs };

/** Until the time it names, else the end of an exhausted window, else as the source declares. */
function throttled(answer: Response, { source, limits, nowMs }: Standards): Judgement {
  const said = saidUntil(answer, nowMs);
  if (said !== undefined && said - nowMs > THROTTLE_LONGEST_MS) {
    return { kind: 'refuse', reason: tooLong(said, nowMs) };
  }
  const words = readLimitReports(limits, answer.headers, nowMs);
  const untilMs =
    said ??
    latestReset(words) ??
    (source.refusedWaitSeconds === undefined
      ? undefined
      : nowMs + source.refusedWaitSeconds * 1000);
  const reason = 'refused by a limit';
  return untilMs === undefined
    ? { kind: 'throttled', reason }
    : { kind: 'throttled', untilMs, reason };
}

function tooLong(untilMs: number, nowMs: number): string {
  const days = (ms: number): number => Math.ceil(ms / 86_400_000);
  const date = new Date(untilMs).toISOString();
  const asked = `the API asks to come back in ${days(untilMs - nowMs)} days (${date})`;
  return `${asked}, and a run waits ${days(THROTTLE_LONGEST_MS)} at most`;
}

const saidUntil = (answer: Response, nowMs: number): number | undefined =>
  retryAfterMs(answer.headers, nowMs, answer.body);

const saysWhen = (answer: Response, nowMs: number): boolean =>
  saidUntil(answer, nowMs) !== undefined;

const saysExhausted = (answer: Response, { limits, nowMs }: Standards): boolean =>
  readLimitReports(limits, answer.headers, nowMs).some((report) => meaningOf(report).isExhausted);

/** When all that is used up is over. */
function latestReset(reports: readonly LimitReport[]): number | undefined {
  const ends = reports.flatMap((report) => meaningOf(report).usedUpUntilMs ?? []);
  return ends.length === 0 ? undefined : Math.max(...ends);
}

const refreshOrRefuse = ({ credentials }: Source): Judgement =>
  isRenewable(credentials)
    ? { kind: 'refresh', reason: 'the access token was not accepted' }
    : { kind: 'refuse', reason: 'the credentials were not accepted' };

/**
 * One line that shows an answer: `HTTP 502, text/html: <html><head>\n...` with the first
 * EVIDENCE_BYTES of the body, or the message of a transport fault. What could break a line or
 * rewrite a terminal is escaped. Credentials are taken out before anything is cut: half of one
 * could not be recognised.
 */
export function evidence(answer: HttpAnswer, redact: Redact = unchanged): string {
  if (answer.kind === 'fault') return `${answer.reason}: ${printable(answer.message)}`;
  const type = redact(answer.headers['content-type'] ?? 'no content type');
  const { body } = answer;
  const head = `HTTP ${answer.status}, ${printable(type.slice(0, EVIDENCE_BYTES))}`;
  if (body.length === 0) return `${head}: empty body`;
  const start = new TextEncoder().encode(redact(decodeStart(body.subarray(0, REDACTED_BYTES))));
  const shown = printable(decodeStart(start.subarray(0, EVIDENCE_BYTES)));
  return body.length > EVIDENCE_BYTES
    ? `${head}: ${shown}... (${body.length} bytes)`
    : `${head}: ${shown}`;
}

/** A character that the cut went through is left out; a byte order mark is shown as what it is. */
const decodeStart = (bytes: Uint8Array): string =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true });
