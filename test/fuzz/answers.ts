// Whole answers x sources: whatever comes back from an API, a page is only what came whole, and
// everything else is a named outcome of one line. Half an answer is never the end.

import type { HttpAnswer } from '../../shared/core/answer/exchange.ts';
import { DriplakeError } from '../../shared/core/failures.ts';
import { newStreamRun } from '../../shared/core/run/run.ts';
import { readSource, type Source } from '../../shared/core/source/source.ts';
import { memoryHttp } from '../../shared/ports/http/http-memory.ts';
import { connectSource } from '../../shared/pull/context.ts';
import { type PulledPage, pullPage } from '../../shared/pull/page.ts';
import type { Random } from '../apis/data.ts';
import { bodyFor, parsed } from './bodies.ts';
import { anyHeaders } from './headers.ts';
import { chance, damaged, oneOf } from './mutate.ts';
import { memoryPorts } from './pulls.ts';

const PAGINATIONS = [
  { kind: 'offset', pageSize: 5, total: 'total' },
  { kind: 'offset', pageSize: 5, total: { header: 'x-total-count' }, hasMore: 'more' },
  { kind: 'page', pageSize: 5, sizeParam: 'n', totalPages: 'total', end: 'short-page' },
  { kind: 'cursor', from: 'next', param: 'after', hasMore: 'more' },
  { kind: 'cursor', from: { header: 'x-next' }, param: 'after', end: 'empty-page' },
  { kind: 'link', from: 'next' },
  { kind: 'link-header' },
  { kind: 'keyset', field: 'id', param: 'after' },
  { kind: 'single' },
] as const;

export async function judgeAnyAnswer(random: Random): Promise<void> {
  const source = anySource(random);
  const status = chance(random, 0.6) ? 200 : oneOf(random, STATUSES);
  const more = `,"total":${random.below(30)},"next":${NEXTS[random.below(NEXTS.length)]},"more":true`;
  const whole = new TextEncoder().encode(bodyFor(random, 'data', more));
  const body = chance(random, 0.5) ? damaged(random, whole) : whole;
  const headers = anyHeaders(random);
  const { outcome } = await fetched(source, { kind: 'response', status, headers, body });
  checkWords(outcome);
  const isPage = outcome.kind === 'page';
  const isSent = status >= 200 && status < 300 && status !== 204 && status !== 205;
  const mayBePage = isSent && parsed(body) !== undefined;
  if (isPage && !mayBePage) throw new Error(`HTTP ${status} with a damaged body became a page`);
  if (!isPage) return;
  const lines = Buffer.from(outcome.lines).toString().split('\n').length - 1;
  if (lines !== outcome.rows) throw new Error(`${lines} lines for ${outcome.rows} rows`);
  const { pagination } = source.streams[0] ?? {};
  const asksForMore = pagination && 'hasMore' in pagination && saysMore(body);
  if (asksForMore && !('x-total-count' in headers) && outcome.next.kind === 'end') {
    throw new Error(`the end of "${pagination.kind}", but the API says that there is more`);
  }
  await cutOff(random, source, { kind: 'response', status, headers, body });
}

const saysMore = (body: Uint8Array): boolean =>
  Reflect.get(Object(parsed(body)?.value), 'more') === true;

/** The same answer, cut off anywhere: it may never be read as a page. */
async function cutOff(
  random: Random,
  source: Source,
  answer: Extract<HttpAnswer, { kind: 'response' }>,
): Promise<void> {
  const body = answer.body.subarray(0, random.below(answer.body.length));
  if (parsed(body) !== undefined) return; // Only white space is gone.
  const { outcome } = await fetched(source, { ...answer, body });
  checkWords(outcome);
  if (outcome.kind === 'page') {
    throw new Error(
      `${body.length} of ${answer.body.length} bytes became a page (${outcome.next.kind})`,
    );
  }
}

async function fetched(source: Source, answer: HttpAnswer): Promise<PulledPage> {
  const ports = memoryPorts(memoryHttp(() => answer));
  const context = await connectSource(ports, source);
  const run = newStreamRun({
    runId: '20261121T080000Z-0000000a',
    startedAtMs: ports.clock.nowMs(),
    fullRefresh: false,
    walk: '',
  });
  const [stream] = source.streams;
  if (!stream) throw new Error('a source without streams');
  try {
    const wanted = { context, stream, run: { ...run, cursor: null } };
    return await pullPage(ports, wanted, () => undefined);
  } catch (error) {
    if (!(error instanceof DriplakeError)) throw error;
    return { outcome: { kind: 'refuse', reason: error.message }, requestMs: 1, answeredAtMs: 0 };
  }
}

function checkWords(outcome: PulledPage['outcome']): void {
  if (!('reason' in outcome)) return;
  if (/[\p{Cc}]/u.test(outcome.reason)) throw new Error(`not one line: ${outcome.reason}`);
  if (outcome.reason.length > 2_000)
    throw new Error(`a reason of ${outcome.reason.length} characters`);
  const until = outcome.kind === 'throttled' ? (outcome.untilMs ?? 0) : 0;
  if (!Number.isFinite(until) || until < 0) throw new Error(`blocked until ${until}`);
}

const anySource = (random: Random): Source =>
  readSource(
    {
      name: 'fuzz',
      baseUrl: 'https://api.example.com',
      limits: [
        { kind: 'window', requests: 9, periodSeconds: 60, headers: { remaining: 'x-left' } },
      ],
      streams: [
        {
          name: 'rows',
          path: 'rows',
          records: {
            path: 'data',
            ...(chance(random, 0.3) ? { single: 'record' } : {}),
            ...(chance(random, 0.3) ? { missing: 'none' } : {}),
          },
          pagination: oneOf(random, PAGINATIONS),
        },
      ],
    },
    'fuzz',
  );

const STATUSES = [
  200, 201, 204, 205, 206, 301, 304, 400, 401, 403, 404, 408, 410, 429, 500, 503, 599,
] as const;
const NEXTS = [
  'null',
  '""',
  '"abc"',
  '12345678901234567890',
  '0',
  'false',
  '{"a":1}',
  '[]',
  '" "',
  '"https://api.example.com/rows?p=2"',
  '"https://elsewhere.example/rows"',
  '"//x"',
  '"\\u0000"',
];
