// One page in three steps: ask, judge what the answer means, read its records and what follows.
// Everything that can come back is a named outcome; a page that can't be understood is a fault with
// evidence, never the end. A new verdict of a source is a case of `judge`.

import { crc32 } from 'node:zlib';
import { classify, evidence } from '../core/answer/classify.ts';
import type { Headers, HttpAnswer, HttpRequest } from '../core/answer/exchange.ts';
import { MASK } from '../core/answer/redact.ts';
import { CREDENTIAL_CHARS, REQUEST_SECONDS, URL_CHARS } from '../core/bounds.ts';
import type { Cursor } from '../core/page/cursor.ts';
import { withoutParameter } from '../core/page/link.ts';
import { pageFacts, recordsTold } from '../core/page/page-facts.ts';
import { nextPage } from '../core/page/pagination.ts';
import { buildRequest } from '../core/page/request.ts';
import type { NextPage } from '../core/page/way.ts';
import { printable } from '../core/printable.ts';
import { type RecordsSpec, sliceRecords } from '../core/records/records.ts';
import type { AddedPage } from '../core/run/progress.ts';
import type { StreamRun } from '../core/run/run.ts';
import type { Stream } from '../core/source/source.ts';
import type { SourceContext } from './context.ts';
import type { PullPorts } from './ports.ts';
import { lookBack } from './seen-rows.ts';
import { USER_AGENT } from './sign/version.ts';

export type PageOutcome =
  | ({ readonly kind: 'page' } & AddedPage)
  /** Worth another try; `damaged`: the answer came, but can't be read. */
  | {
      readonly kind: 'retry';
      readonly reason: string;
      readonly cause: 'transport' | 'server' | 'damaged';
    }
  | { readonly kind: 'throttled'; readonly reason: string; readonly untilMs?: number }
  | { readonly kind: 'refuse'; readonly reason: string }
  | { readonly kind: 'skip'; readonly reason: string }
  | { readonly kind: 'aborted' };

/** A page that was asked for, and what came of it. */
export interface PulledPage {
  readonly outcome: PageOutcome;
  /** Our clock; `requestMs` lies between both and is 1 at least. */
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
  readonly requestMs: number;
  readonly headers: Headers;
}

/** Which page is wanted. */
export interface WantedPage {
  readonly context: SourceContext;
  readonly stream: Stream;
  /** Where the run stands before it. */
  readonly run: Pick<StreamRun, 'from' | 'startedAtMs' | 'moved' | 'records'> & {
    readonly cursor: Cursor;
  };
}

/** Pulls the page at `run.cursor`. One request, or two when a token had to be refreshed. */
export async function pullPage(
  { clock }: Pick<PullPorts, 'clock'>,
  wanted: WantedPage,
  signal: AbortSignal | undefined,
): Promise<PulledPage> {
  const request = requestOf(wanted);
  const startedAtMs = clock.nowMs();
  const answer = await wanted.context.credentials.send(request, signal);
  const answeredAtMs = clock.nowMs();
  const requestMs = Math.max(1, answeredAtMs - startedAtMs);
  return {
    outcome: asked(wanted, request, answer, judge(wanted, request.url, answer, answeredAtMs)),
    sentAtMs: answeredAtMs - requestMs,
    answeredAtMs,
    requestMs,
    headers: answer.kind === 'response' ? answer.headers : {},
  };
}

/** What an answer could not give names what was asked for, and as whom. */
function asked(
  { context: { credentials } }: WantedPage,
  { method, url }: HttpRequest,
  answer: HttpAnswer,
  outcome: PageOutcome,
): PageOutcome {
  if (answer.kind !== 'response' || !('reason' in outcome)) return outcome;
  const from = answer.url === undefined || answer.url === url ? '' : `, from ${shown(answer.url)}`;
  const what = credentials.redact(`${method} ${shown(url)}${from}`);
  return { ...outcome, reason: `${outcome.reason} (${what}, ${credentials.signing})` };
}

/** Without a name and a password, and cut where a cursor makes it long. */
function shown(url: string): string {
  const plain = url.replace(/^(https?:\/\/)[^/?#@]*@/, '$1');
  return printable(plain.length > URL_CHARS ? `${plain.slice(0, URL_CHARS)}...` : plain);
}

/** Ask. */
function requestOf({ context, stream, run }: WantedPage): HttpRequest {
  const { source, settings } = context;
  const request = buildRequest(source, stream, run.cursor, {
    settings,
    watermark: run.from,
    startedAt: new Date(run.startedAtMs).toISOString(),
    userAgent: USER_AGENT,
  });
  return { ...request, timeoutMs: (source.requestSeconds ?? REQUEST_SECONDS) * 1000 };
}

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
      return read(wanted, url, verdict.response);
    case 'retry':
      return { ...verdict, cause: answer.kind === 'fault' ? 'transport' : 'server' };
    case 'refresh': {
      const reason = `The credentials were refused even after a refresh: ${verdict.reason}`;
      return { kind: 'refuse', reason };
    }
    case 'throttled':
    case 'skip':
    case 'refuse':
    case 'aborted':
      return verdict;
  }
}

/** Read: the records of an answer that is kept, and what follows them. */
function read(wanted: WantedPage, url: string, response: Response): PageOutcome {
  const { context, stream, run } = wanted;
  const { redact } = context.credentials;
  const sliced = sliceRecords(response.body, recordsSpec(stream));
  if (sliced.kind === 'fault') {
    return damaged(`The page can't be read: ${sliced.reason} (${evidence(response, redact)})`);
  }
  const facts = pageFacts({
    rows: sliced.count,
    envelope: sliced.envelope,
    ...(sliced.last ? { last: Buffer.from(sliced.last).toString() } : {}),
    headers: response.headers,
    url: response.url ?? url,
  });
  const next = nextPage({
    stream,
    isWhole: run.from === undefined,
    rowsBefore: run.records + (run.moved?.repeats ?? 0),
    cursor: run.cursor,
    page: facts,
    origin: context.origin,
  });
  if (next.kind === 'fault') {
    return damaged(redact(`What follows the page can't be told: ${next.reason}`));
  }
  const page = withoutKnownRows(wanted, sliced, next);
  const expected = recordsTold(stream, facts)?.count;
  return expected === undefined ? page : { ...page, expected };
}

const damaged = (reason: string): PageOutcome => ({ kind: 'retry', reason, cause: 'damaged' });

type Response = Extract<HttpAnswer, { kind: 'response' }>;

/** The page without what was read before, and what follows it. */
function withoutKnownRows(
  { context, stream, run }: WantedPage,
  { lines, count }: { readonly lines: Uint8Array; readonly count: number },
  next: Exclude<NextPage, { kind: 'fault' }>,
): Extract<PageOutcome, { kind: 'page' }> {
  const content = count === 0 ? {} : { content: `${crc32(lines).toString(16)}-${lines.length}` };
  const sight = lookBack(stream, run, lines, count);
  if (sight.kind === 'passed') {
    const { cursor, moved } = sight;
    const back = { kind: 'next', cursor } as const;
    const nothing = { lines: new Uint8Array(), rows: 0, passed: true } as const;
    return { kind: 'page', ...nothing, ...content, moved, next: back };
  }
  const follow = (cursor: Cursor): Cursor => sight.remember(withoutCredential(context, cursor));
  return {
    kind: 'page',
    lines: sight.lines,
    rows: sight.rows,
    ...content,
    ...(sight.moved ? { moved: sight.moved } : {}),
    next: next.kind === 'next' ? { ...next, cursor: follow(next.cursor) } : next,
  };
}

/** Some APIs put the key into links. It is not kept with the cursor: signing adds it again. */
function withoutCredential({ source, credentials }: SourceContext, cursor: Cursor): Cursor {
  if (!cursor || !('url' in cursor)) return cursor;
  const key = { query: undefined, ...source.credentials }.query;
  const names = [...(URL.parse(cursor.url)?.searchParams ?? [])].flatMap(([name, value]) => {
    const isCredential = value.length >= CREDENTIAL_CHARS && credentials.redact(value) === MASK;
    return name === key || isCredential ? [name] : [];
  });
  return { url: names.reduce(withoutParameter, cursor.url) };
}

function recordsSpec({ records }: Stream): RecordsSpec {
  if (typeof records === 'string') return { path: records };
  const { path, single, missing } = records;
  return { path, ...(single ? { single } : {}), ...(missing ? { missing } : {}) };
}
