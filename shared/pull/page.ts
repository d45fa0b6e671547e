// One page: request, answer, verdict, records, what follows. Everything that can come back is a
// named outcome; a page that can't be understood is a fault with evidence, never the end.

import { crc32 } from 'node:zlib';
import { classify, evidence } from '../core/answer/classify.ts';
import type { Headers } from '../core/answer/exchange.ts';
import { MASK } from '../core/answer/redact.ts';
import { REQUEST_SECONDS } from '../core/bounds.ts';
import type { Cursor } from '../core/page/cursor.ts';
import { withoutParameter } from '../core/page/link.ts';
import type { Moves } from '../core/page/moves.ts';
import { countAt, type PageFacts, pageFacts } from '../core/page/page-facts.ts';
import { nextPage } from '../core/page/pagination.ts';
import { buildRequest } from '../core/page/request.ts';
import type { NextPage } from '../core/page/way.ts';
import { type RecordsSpec, sliceRecords } from '../core/records/records.ts';
import type { StreamRun } from '../core/run/run.ts';
import type { Stream } from '../core/source/source.ts';
import type { SourceContext } from './context.ts';
import type { PullPorts } from './ports.ts';
import { lookBack } from './seen-rows.ts';
import { USER_AGENT } from './sign/version.ts';

export type PageOutcome =
  | {
      readonly kind: 'page';
      /** NDJSON, without the rows that were read before. */
      readonly lines: Uint8Array;
      readonly rows: number;
      /** Short name of all rows that came, to know the page again; absent when none came. */
      readonly content?: string;
      /** Nothing of it was taken: it was read to find the place where the walk goes on. */
      readonly passed?: true;
      /** What has moved since the page before. */
      readonly moved?: Partial<Moves>;
      readonly next: Exclude<NextPage, { kind: 'fault' }>;
      /** Records that the API says there are. */
      readonly expected?: number;
    }
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

export interface FetchedPage {
  readonly outcome: PageOutcome;
  readonly answeredAtMs: number;
  readonly requestMs: number;
  readonly headers: Headers;
}

/** Where a run stands before a page. */
export interface PagePlace extends Pick<StreamRun, 'from' | 'startedAtMs' | 'moved'> {
  readonly cursor: Cursor;
}

/** Fetches the page at `run.cursor`. One request, or two when a token had to be refreshed. */
export async function fetchPage(
  ports: PullPorts,
  context: SourceContext,
  stream: Stream,
  run: PagePlace,
  signal: AbortSignal | undefined,
): Promise<FetchedPage> {
  const { clock } = ports;
  const { source } = context;
  const page = buildRequest(source, stream, run.cursor, {
    settings: context.settings,
    watermark: run.from,
    startedAt: new Date(run.startedAtMs).toISOString(),
    userAgent: USER_AGENT,
  });
  const timeoutMs = (source.requestSeconds ?? REQUEST_SECONDS) * 1000;
  const startedAtMs = clock.nowMs();
  const answer = await context.credentials.send({ ...page, timeoutMs }, signal);
  const answeredAtMs = clock.nowMs();
  const headers = answer.kind === 'response' ? answer.headers : {};
  const fetched = { answeredAtMs, requestMs: Math.max(1, answeredAtMs - startedAtMs), headers };
  const { redact } = context.credentials;
  const judged = classify(answer, source, stream, answeredAtMs, redact);
  switch (judged.kind) {
    case 'keep':
      break;
    case 'retry':
      return {
        ...fetched,
        outcome: { ...judged, cause: answer.kind === 'fault' ? 'transport' : 'server' },
      };
    case 'refresh':
      return {
        ...fetched,
        outcome: {
          kind: 'refuse',
          reason: `The credentials were refused even after a refresh: ${judged.reason}`,
        },
      };
    case 'throttled':
    case 'skip':
    case 'refuse':
    case 'aborted':
      return { ...fetched, outcome: judged };
  }
  // A judgement of a new kind does not compile before it is an outcome.
  judged.kind satisfies 'keep';
  if (answer.kind !== 'response') throw new Error('a kept answer is a response');
  const sliced = sliceRecords(answer.body, recordsSpec(stream));
  if (sliced.kind === 'fault') {
    const reason = `The page can't be read: ${sliced.reason} (${evidence(answer, redact)})`;
    return { ...fetched, outcome: { kind: 'retry', reason, cause: 'damaged' } };
  }
  const facts = pageFacts({
    rows: sliced.count,
    envelope: sliced.envelope,
    ...(sliced.last ? { last: Buffer.from(sliced.last).toString() } : {}),
    headers,
    url: answer.url ?? page.url,
  });
  const next = nextPage(stream.pagination, run.cursor, facts, context.origin);
  if (next.kind === 'fault') {
    const reason = redact(`What follows the page can't be told: ${next.reason}`);
    return { ...fetched, outcome: { kind: 'retry', reason, cause: 'damaged' } };
  }
  const outcome = taken(context, stream, run, sliced, next);
  const expected = expectedRecords(stream, facts);
  return {
    ...fetched,
    outcome: expected === undefined ? outcome : { ...outcome, expected },
  };
}

/** The page without what was read before, and what follows it. */
function taken(
  context: SourceContext,
  stream: Stream,
  run: PagePlace,
  sliced: { readonly lines: Uint8Array; readonly count: number },
  next: Exclude<NextPage, { kind: 'fault' }>,
): Extract<PageOutcome, { kind: 'page' }> {
  const { lines, count } = sliced;
  const content = count === 0 ? {} : { content: `${crc32(lines).toString(16)}-${lines.length}` };
  const sight = lookBack(stream, run.cursor, lines, count, run.moved);
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

/** Shorter values may be a key's by chance, such as a page's number. */
const CREDENTIAL_CHARS = 16;

function recordsSpec({ records }: Stream): RecordsSpec {
  if (typeof records === 'string') return { path: records };
  const { path, single, missing } = records;
  return { path, ...(single ? { single } : {}), ...(missing ? { missing } : {}) };
}

/** The number of records that the API tells, where the stream says it does. */
function expectedRecords(stream: Stream, facts: PageFacts): number | undefined {
  const told = stream.total?.body ?? (stream.total?.header && { header: stream.total.header });
  const place = told ?? ('total' in stream.pagination ? stream.pagination.total : undefined);
  const count = place === undefined ? undefined : countAt(facts, place);
  return typeof count === 'number' ? count : undefined;
}
