// The API: it changes its data while it is read, enforces its limit and breaks its answers. It
// remembers every version of every row, so that what a run may and must hold can be told.

import type { HttpAnswer, HttpRequest } from '../../../shared/core/answer/exchange.ts';
import { burst, fixedWindow, leakyBucket, slidingWindow } from '../../apis/limits.ts';
import type { Chance } from '../chance.ts';
import { API_FAULTS, type ApiFault, type SignInFault, type WalkAnswer } from '../faults.ts';
import type { Scenario } from '../scenario.ts';
import type { SimLimit, SimStream } from '../sim-source.ts';
import { childrenPage } from './children.ts';
import { listPage, type Page, type Version } from './pages.ts';
import { simTokens } from './sim-tokens.ts';

export interface SimServer {
  handle(request: HttpRequest, nowMs: number): HttpAnswer;
  /** Rows as they stand, in the order in which the stream lists them. */
  rows(stream: string): readonly Version[];
  /** Every version there ever was. */
  history(stream: string): readonly Version[];
  /** Some rows are added, touched and deleted. */
  change(stream: string, nowMs: number): void;
  /** Requests of ours that a limit refused. */
  refused(): number;
  requests(): number;
  /** From now on it answers well and its data stands still. */
  calm(): void;
}

export function simServer(
  scenario: Scenario,
  chance: Chance,
  startMs: number,
  struck: (fault: ApiFault | SignInFault | WalkAnswer) => void,
): SimServer {
  const tables = new Map(
    scenario.streams.map((stream) => [stream.name, openTable(stream, chance, startMs)]),
  );
  const streamOf = (name: string) => scenario.streams.find((stream) => stream.name === name);
  /** The table that a stream of children stands below, which changes while they are read. */
  const rootOf = (name: string): string => {
    const parent = streamOf(name)?.kin?.parent;
    return parent === undefined ? name : rootOf(parent);
  };
  // Wrong clocks make a window as much shorter as they differ.
  const slackMs = scenario.budget === 'skewed' ? 2 * scenario.skewMs : 0;
  const limit = limiterOf(scenario.limit, slackMs);
  const tokens = simTokens();
  let requests = 0;
  let refused = 0;
  let quiet = false;

  const fault = (): ApiFault | undefined =>
    quiet ? undefined : API_FAULTS.find((kind) => chance.is(scenario.rates[kind] ?? 0));

  return {
    handle({ url, headers: { authorization }, body = '' }, nowMs) {
      requests++;
      const { pathname, searchParams } = new URL(url);
      if (pathname === '/token') return tokens.refresh(body, nowMs);
      if (scenario.signsIn && !tokens.accepts(authorization, nowMs)) {
        struck('expired');
        return respond(401, '{"error":"the token has expired"}', {});
      }
      const [, name = '', parent] = pathname.split('/');
      const [stream, table] = [streamOf(name), tables.get(rootOf(name))];
      if (!table || !stream) return respond(404, '{"error":"no such list"}', {});
      const date = new Date(nowMs).toUTCString();
      const verdict = limit(nowMs);
      if (!verdict.allowed) {
        refused++;
        const wait = String(Math.ceil(verdict.retryAfterMs / 1000));
        return respond(429, '{"error":"slow down"}', {
          ...verdict.headers,
          date,
          'retry-after': wait,
        });
      }
      if (!quiet && table.moves && chance.is(scenario.changeShare)) table.change(nowMs);
      if (!quiet && searchParams.has('token') && chance.is(table.forgetsShare)) table.forget();
      const isForgotten = searchParams.has('start') && !quiet && stream.kin?.forgets;
      if (isForgotten && chance.is(0.03)) {
        struck('dead-cursor');
        return respond(410, '{"error":"that place is forgotten"}', { ...verdict.headers, date });
      }
      const answer =
        parent === undefined
          ? table.list(searchParams, nowMs)
          : childrenPage(stream, Number(parent), searchParams);
      if (answer.says) struck(answer.says);
      const headers = { ...verdict.headers, date };
      const kind = fault();
      if (kind === undefined) return respond(answer.status, answer.body, headers);
      struck(kind);
      return broken(kind, answer.body, headers);
    },
    rows: (stream) => tables.get(stream)?.rows() ?? [],
    history: (stream) => tables.get(stream)?.history ?? [],
    change(stream, nowMs) {
      const table = tables.get(stream);
      if (table?.moves) table.change(nowMs);
    },
    refused: () => refused,
    requests: () => requests,
    calm() {
      quiet = true;
    },
  };
}

function openTable(stream: SimStream, chance: Chance, startMs: number) {
  const { kind, listsById } = stream;
  const history: Version[] = [];
  const live: Version[] = [];
  let ids = 0;
  let versions = 0;
  const moves = ['shifting', 'keyset', 'version', 'changes'].includes(kind);

  function put(id: number, afterSecond: number, nowMs: number): Version {
    const at = Math.max(Math.floor(nowMs / 1000), afterSecond + 1);
    const version = ++versions;
    const instant = new Date(at * 1000).toISOString().replace('.000Z', 'Z');
    const line = `{"id":${id},"version":${version},"at":"${instant}","big":98765432109876543210}`;
    const row = { id, version, at, line, fromMs: nowMs, untilMs: Number.POSITIVE_INFINITY };
    history.push(row);
    return row;
  }

  function change(nowMs: number): void {
    const index = chance.between(0, Math.max(0, live.length - 1));
    const row = live[index];
    switch (chance.pick(['append', 'touch', 'touch', 'delete'])) {
      case 'append':
        live.splice(kind === 'shifting' ? index : live.length, 0, put(++ids, 0, nowMs));
        return;
      case 'touch':
        if (!row) return;
        row.untilMs = nowMs;
        live[index] = put(row.id, row.at, nowMs);
        return;
      case 'delete':
        if (!row) return;
        row.untilMs = nowMs;
        live.splice(index, 1);
    }
  }

  const ordered = (): Version[] => {
    const byId = (a: Version, b: Version): number => a.id - b.id;
    if (kind === 'version') return live.toSorted((a, b) => a.version - b.version);
    return kind === 'changes' && !listsById
      ? live.toSorted((a, b) => a.at - b.at || byId(a, b))
      : live;
  };

  for (let row = 0; row < stream.rows; row++)
    live.push(put(++ids, 0, startMs - 60_000 + row * 500));
  let epoch = 0;
  const forget = (): void => {
    epoch++;
  };
  const list = (query: URLSearchParams, nowMs: number): Page =>
    listPage(stream, ordered(), query, { nowMs, epoch });
  const { forgetsShare } = stream;
  return { moves, history, rows: ordered, change, list, forget, forgetsShare };
}

type Headers = Readonly<Record<string, string>>;

interface Limited {
  readonly allowed: boolean;
  readonly retryAfterMs: number;
  readonly headers: Headers;
}

function limiterOf(limit: SimLimit, slackMs: number): (nowMs: number) => Limited {
  const { size, leakPerSecond, windowSeconds, foreignShare } = limit;
  const windowMs = windowSeconds * 1000;
  switch (limit.kind) {
    case 'none':
      return () => ({ allowed: true, retryAfterMs: 0, headers: {} });
    case 'bucket':
    case 'burst': {
      const bucket = leakyBucket({ size, leakPerSecond, foreignShare });
      const bursts = limit.kind === 'burst' && slackMs === 0 ? burst({ limit: 3 }) : undefined;
      return (nowMs) => {
        const second = bursts?.take(nowMs);
        const { level, ...verdict } =
          second?.allowed === false ? bucket.peek(nowMs) : bucket.take(nowMs);
        const headers = { 'x-level': `${level}/${size}`, 'x-drip': String(leakPerSecond) };
        if (!second) return { ...verdict, headers };
        const told = { ...headers, 'x-burst': `${second.used}/3` };
        return second.allowed ? { ...verdict, headers: told } : { ...second, headers: told };
      };
    }
    case 'window': {
      const window = fixedWindow({ limit: size, windowMs, foreignShare });
      return (nowMs) => {
        const { allowed, retryAfterMs, remaining, resetMs } = window.take(nowMs);
        const headers = {
          'x-limit': String(size),
          'x-remaining': String(remaining),
          'x-reset': String(Math.ceil((resetMs - nowMs) / 1000)),
        };
        return { allowed, retryAfterMs, headers };
      };
    }
    case 'declared': {
      const strictMs = Math.max(1, windowMs - slackMs);
      const window = slidingWindow({ limit: size, windowMs: strictMs, foreignShare });
      return (nowMs) => ({ ...window.take(nowMs), headers: {} });
    }
  }
}

function respond(status: number, body: string, headers: Headers): HttpAnswer {
  const typed = { 'content-type': 'application/json', ...headers };
  return { kind: 'response', status, headers: typed, body: Buffer.from(body) };
}

/** The broken form of a good answer: the limit was charged all the same. */
function broken(kind: ApiFault, body: string, headers: Headers): HttpAnswer {
  switch (kind) {
    case 'error':
      return respond(502, '<html><h1>Bad Gateway</h1></html>', headers);
    case 'timeout':
      return { kind: 'fault', reason: 'timeout', message: 'no answer in 60 s' };
    case 'cut-off':
      return { kind: 'fault', reason: 'cut-off', message: 'the connection broke' };
    case 'damaged':
      return respond(200, body.slice(0, Math.floor(body.length / 2)), headers);
    case 'empty':
      return respond(200, '', headers);
    case 'refused':
      return respond(429, '{"error":"too many"}', { ...headers, 'retry-after': '3' });
  }
}
