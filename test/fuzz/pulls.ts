// Whole runs against the strict servers: any way to page, any length, any damage. A run that ends
// well has landed the server's records byte for byte; every other run says why, in a bounded number
// of requests.

import { gunzipSync } from 'node:zlib';
import type { Connection } from '../../functions/connection.ts';
import { planRunWith } from '../../functions/plan-run/handler.ts';
import { pullPagesWith } from '../../functions/pull-pages/handler.ts';
import { readSource, type Source } from '../../shared/core/source/source.ts';
import { manifestsOnly } from '../../shared/ports/catalogue/catalogue.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Http } from '../../shared/ports/http/http.ts';
import { memoryHttp } from '../../shared/ports/http/http-memory.ts';
import { silentJournal } from '../../shared/ports/journal.ts';
import { memoryLake } from '../../shared/ports/lake/lake.ts';
import { memoryLedger } from '../../shared/ports/ledger/ledger.ts';
import { memoryTokenLock } from '../../shared/ports/ledger/token-lock.ts';
import { seededRandom } from '../../shared/ports/random.ts';
import { memorySecrets } from '../../shared/ports/secrets/secrets.ts';
import { contexts } from '../../shared/pull/context.ts';
import type { Ports } from '../../shared/pull/ports.ts';
import type { Random } from '../apis/data.ts';
import { apiRequest, headerOf } from '../apis/exchange.ts';
import {
  type Damage,
  type GenericKind,
  type GenericModel,
  generic,
  genericKinds,
} from '../apis/generic.ts';
import { chance, oneOf } from './mutate.ts';

/** How each endpoint is walked; `rows` of its pages are asked for. */
const WALKS: Readonly<Record<GenericKind, (rows: number) => object>> = {
  offset: (pageSize) => ({ kind: 'offset', pageSize }),
  bare: (pageSize) => ({ kind: 'offset', pageSize }),
  total: (pageSize) => ({ kind: 'offset', pageSize, total: 'total' }),
  clamped: (pageSize) => ({ kind: 'offset', pageSize }),
  page: (pageSize) => ({ kind: 'page', pageSize, sizeParam: 'limit' }),
  'page-zero': (pageSize) => ({ kind: 'page', firstPage: 0, pageSize, sizeParam: 'limit' }),
  'has-more': (pageSize) => ({ kind: 'page', pageSize, sizeParam: 'limit', hasMore: 'has_more' }),
  'cursor-body': (pageSize) => ({
    kind: 'cursor',
    from: 'next_cursor',
    param: 'cursor',
    pageSize,
    sizeParam: 'limit',
  }),
  'cursor-header': () => ({
    kind: 'cursor',
    from: { header: 'X-Next-Cursor' },
    param: 'X-Cursor',
    in: 'header',
  }),
  'link-body': (pageSize) => ({ kind: 'link', from: 'next', pageSize, sizeParam: 'limit' }),
  'link-header': (pageSize) => ({ kind: 'link-header', pageSize, sizeParam: 'limit' }),
  keyset: (pageSize) => ({
    kind: 'keyset',
    field: 'id',
    param: 'since_id',
    pageSize,
    sizeParam: 'limit',
  }),
  single: () => ({ kind: 'single' }),
  post: (pageSize) => ({ kind: 'offset', pageSize, in: 'body' }),
  'post-cursor': (pageSize) => ({
    kind: 'cursor',
    from: 'next_cursor',
    param: 'cursor',
    in: 'body',
    pageSize,
    sizeParam: 'limit',
  }),
};

const DAMAGES: readonly [Damage, ...Damage[]] = [
  'html200',
  'emptyBody',
  'cutOff',
  'halfJson',
  'sameCursor',
  'cursorCycle',
  'otherOriginLink',
  'repeatRows',
];
const PASSING: ReadonlySet<Damage> = new Set(['html200', 'emptyBody', 'cutOff', 'halfJson']);
const REQUESTS = 5_000;

export async function pullAnyList(random: Random): Promise<void> {
  const kind = genericKinds[random.below(genericKinds.length)] ?? 'offset';
  const damage = oneOf(random, DAMAGES);
  const from = 1 + random.below(4);
  const times = PASSING.has(damage) && chance(random, 0.8) ? 1 + random.below(3) : undefined;
  const harmed = chance(random, 0.7);
  const model = generic({
    length: oneOf(random, [0, 1, 7, 10, 14, 50, random.below(120)]),
    cursorEnd: oneOf(random, ['null', 'empty', 'absent']),
    relativeLinks: chance(random, 0.3),
    lineBreaks: chance(random, 0.3),
    byteOrderMark: chance(random, 0.3),
    seed: random.below(1e6),
    ...(harmed ? { damage: { [damage]: { from, ...(times ? { times } : {}) } } } : {}),
  });
  const pulled = await pull(sourceFor(random, kind), model);
  const { requests, violations } = model.stats();
  const where = `${kind}${harmed ? ` with ${damage} from ${from}, ${times ?? 'ever'}` : ''}`;
  if (requests > REQUESTS) throw new Error(`${where}: it goes on and on`);
  // A server whose rows repeat under a true total lies in a way that nobody can see.
  const lies = harmed && damage === 'repeatRows' && kind === 'total';
  const expected = model.records(kind);
  const same =
    pulled.lines.length === expected.length &&
    pulled.lines.every((line, at) => line === expected[at]);
  if (pulled.ended && !same && !lies) {
    throw new Error(`${where}: ended with ${pulled.lines.length} of ${expected.length} records`);
  }
  const mustEnd = !harmed || times !== undefined;
  if (mustEnd && !pulled.ended) throw new Error(`${where}: failed with "${pulled.cause}"`);
  if (mustEnd && violations.length > 0) throw new Error(`${where}: ${violations[0]}`);
}

async function pull(source: Source, model: GenericModel) {
  const http = memoryHttp(({ method, url, headers, body = '' }) => {
    if (model.stats().requests > REQUESTS) throw new Error(`it goes on and on at ${url}`);
    const asked = apiRequest(url, {
      method,
      headers: { ...headers, host: new URL(url).host },
      body,
    });
    const {
      status,
      body: sent,
      headers: told,
      dropAfterBytes,
    } = model.handle(asked, ports.clock.nowMs());
    if (dropAfterBytes !== undefined)
      return { kind: 'fault', reason: 'cut-off', message: 'It broke off.' };
    const response = { status, headers: told, body: sent };
    const named = Object.keys(told).map((name) => [
      name.toLowerCase(),
      headerOf(response, name) ?? '',
    ]);
    return {
      kind: 'response',
      status,
      headers: Object.fromEntries(named),
      body: new Uint8Array(Buffer.from(sent)),
    };
  });
  const ports = memoryPorts(http);
  const connection: Connection = {
    ports,
    sourceOf: async () => source,
    contextOf: contexts(ports, async () => source),
    breakEvenSeconds: 22.5,
    isGone: async () => true,
  };
  const connect = async () => connection;
  const time = { getRemainingTimeInMillis: () => 300_000 };
  const startedAt = new Date(ports.clock.nowMs()).toISOString();
  const plan = await planRunWith(connect)(
    { input: { source: source.name }, execution: 'fuzz', startedAt },
    time,
  );
  const [assigned] = Reflect.get(plan, 'streams');
  let state: { kind?: string; waitSeconds?: number; cause?: string } = assigned;
  state = await pullPagesWith(connect)({ ...assigned, round: 0 }, time);
  while (state.kind === 'more' || state.kind === 'wait') {
    await ports.clock.sleep(1000 * (state.waitSeconds ?? 0));
    state = await pullPagesWith(connect)(state, time);
  }
  const batches = [...ports.lake.objects]
    .filter(([key]) => key.endsWith('.ndjson.gz'))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const text = batches.map(([, object]) => gunzipSync(object).toString()).join('');
  const lines = text === '' ? [] : text.slice(0, -1).split('\n');
  return { ended: state.kind === 'done', cause: state.cause, lines };
}

/** Everything in memory, and time that passes when somebody sleeps. */
export function memoryPorts(
  http: Http,
  {
    clock = passingClock(),
    journal = silentJournal,
  }: Partial<Pick<Ports, 'clock' | 'journal'>> = {},
): Ports & { lake: ReturnType<typeof memoryLake> } {
  return {
    catalogue: manifestsOnly,
    clock,
    random: seededRandom(1),
    http,
    lake: memoryLake(),
    ledger: memoryLedger(clock),
    secrets: memorySecrets(new Map()),
    tokenLock: memoryTokenLock(clock),
    journal,
  };
}

function passingClock(): Clock {
  let nowMs = Date.UTC(2026, 10, 21, 8);
  return {
    nowMs: () => nowMs,
    sleep: async (ms) => {
      nowMs += Math.max(0, ms);
    },
  };
}

const sourceFor = (random: Random, kind: GenericKind): Source =>
  readSource(
    {
      name: 'fuzz',
      baseUrl: 'https://api.example.com',
      streams: [
        {
          name: 'rows',
          path: kind,
          ...(kind.startsWith('post') ? { method: 'POST' } : {}),
          records: ['bare', 'cursor-header', 'link-header'].includes(kind) ? { path: '' } : 'data',
          pagination: WALKS[kind](1 + random.below(40)),
          primaryKey: ['id'],
        },
      ],
    },
    'fuzz',
  );
