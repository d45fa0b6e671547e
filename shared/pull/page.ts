// One page in three steps: ask, judge what the answer means, read its records and what follows.
// Everything that can come back is a named outcome, and a new verdict of a source is a case of
// `judge`.

import { classify, rejectsToken } from '../core/answer/classify.ts';
import type { Exchange, HttpAnswer, HttpRequest } from '../core/answer/exchange.ts';
import { readDateHeader } from '../core/answer/moment.ts';
import { REQUEST_SECONDS, URL_CHARS } from '../core/bounds.ts';
import { printable } from '../core/faults.ts';
import { buildRequest, type RunTimes, valuesOfRun } from '../core/page/request.ts';
import type { PullPorts } from './ports.ts';
import {
  lastOf,
  type PageOutcome,
  passEmpty,
  readPage,
  refusedPage,
  type WantedPage,
} from './reading.ts';
import { withShown } from './shown.ts';
import type { SentSecrets } from './sign/credentials.ts';
import { USER_AGENT } from './sign/version.ts';

/** A page that was asked for, and what came of it. */
export interface PulledPage {
  readonly outcome: PageOutcome;
  /** Of all that it took, 1 at least. */
  readonly requestMs: number;
  /** By our clock; the times that the outcome tells are of this look at it. */
  readonly answeredAtMs: number;
}

/**
 * Pulls the page at `run.cursor`. One request, or two when a token had to be refreshed, or none
 * when there was none to be had.
 * @param exchanged told of each request
 */
export async function pullPage(
  { clock }: Pick<PullPorts, 'clock'>,
  given: WantedPage,
  exchanged: (exchange: Exchange) => void,
  signal?: AbortSignal,
): Promise<PulledPage> {
  const { stream, run } = given;
  const wanted = { ...given, values: { ...valuesOfRun(stream, timesOf(run)), ...given.values } };
  // As people may see it: its secrets are put in when it is sent.
  const request = requestOf(wanted, {});
  const startedAtMs = clock.nowMs();
  const { source, credentials } = wanted.context;
  const answer = await credentials.send((sent) => requestOf(wanted, sent), signal, {
    rejectsToken: (response) => rejectsToken(response, source, wanted.stream),
    exchanged,
  });
  const answeredAtMs = clock.nowMs();
  // Whatever a clock that was set meanwhile shows, an exchange has its timeout.
  const requestMs = Math.min(request.timeoutMs, Math.max(1, answeredAtMs - startedAtMs));
  const judged = judge(wanted, request.url, answer, answeredAtMs);
  const shown = judged.kind === 'page' ? withShown(wanted, judged, answer, answeredAtMs) : judged;
  const timed = shown.kind === 'page' ? withStart(shown, answer, answeredAtMs, requestMs) : shown;
  return { outcome: asked(wanted, request, answer, timed), requestMs, answeredAtMs };
}

/** With the time at which it was asked for by the API's clock, which dates its rows. */
function withStart(
  page: Extract<PageOutcome, { kind: 'page' }>,
  answer: HttpAnswer,
  answeredAtMs: number,
  requestMs: number,
): PageOutcome {
  const { date } = answer.kind === 'response' ? answer.headers : {};
  const servedAtMs = readDateHeader(date, answeredAtMs);
  return servedAtMs === undefined ? page : { ...page, apiStartMs: servedAtMs - requestMs };
}

/** What an answer could not give names what was asked for, and as whom. */
function asked(
  { context: { credentials } }: WantedPage,
  { method, url }: HttpRequest,
  answer: HttpAnswer,
  outcome: PageOutcome,
): PageOutcome {
  if (answer.kind !== 'response' || !('reason' in outcome)) return outcome;
  // Half a credential is not recognised: first it is hidden, then the URL is cut.
  const shown = (whole: string): string => readable(credentials.redact(whole));
  const from = answer.url === undefined || answer.url === url ? '' : `, from ${shown(answer.url)}`;
  const what = `${method} ${shown(url)}${from}`;
  return { ...outcome, reason: `${outcome.reason} (${what}, ${credentials.signing})` };
}

/** Without a name and a password, and cut where a cursor makes it long. */
function readable(url: string): string {
  const plain = url.replace(/^(https?:\/\/)[^/?#@]*@/, '$1');
  return printable(plain.length > URL_CHARS ? `${plain.slice(0, URL_CHARS)}...` : plain);
}

const timesOf = ({ from, startedAtMs }: WantedPage['run']): RunTimes => ({
  watermark: from,
  startedAt: new Date(startedAtMs).toISOString(),
});

/** Ask. */
function requestOf(
  { context, stream, run, values }: WantedPage,
  sent: Partial<SentSecrets>,
): HttpRequest {
  const { source, settings } = context;
  const request = buildRequest(source, stream, run.cursor, {
    ...timesOf(run),
    settings,
    values,
    userAgent: USER_AGENT,
    ...sent,
  });
  const { cookies } = run;
  const headers =
    cookies === undefined
      ? request.headers
      : { ...request.headers, cookie: joined(request.headers['cookie'], cookies) };
  return { ...request, headers, timeoutMs: (source.requestSeconds ?? REQUEST_SECONDS) * 1000 };
}

const joined = (...cookies: readonly (string | undefined)[]): string =>
  cookies.filter((one) => one !== undefined).join('; ');

/** Judge: what the answer means, whatever its records. */
function judge(
  wanted: WantedPage,
  url: string,
  answer: HttpAnswer,
  answeredAtMs: number,
): PageOutcome {
  const { source, credentials } = wanted.context;
  const verdict = classify(answer, source, wanted.stream, answeredAtMs, credentials.redact);
  switch (verdict.kind) {
    case 'keep':
      return readPage(wanted, url, verdict.reading);
    case 'end':
      return lastOf(wanted, verdict);
    case 'empty':
      return passEmpty(wanted, url, verdict);
    case 'refresh': {
      const reason = `The credentials were refused even after a refresh: ${verdict.reason}`;
      return { kind: 'refuse', reason };
    }
    case 'refuse':
      return refusedPage(wanted, verdict) ?? verdict;
    case 'retry':
    case 'throttled':
    case 'skip':
    case 'restart':
    case 'aborted':
      return verdict;
  }
}
