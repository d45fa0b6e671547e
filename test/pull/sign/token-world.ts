// A source with rotating tokens, its API, and any number of processes that pull from it: one
// clock, one lock, one secret, and a referee that knows what a careful client never does.

import type { HttpAnswer, HttpRequest } from '../../../shared/core/answer/exchange.ts';
import { DriplakeError } from '../../../shared/core/failures.ts';
import type { Credentials } from '../../../shared/core/source/credentials/credentials-schema.ts';
import type { Source } from '../../../shared/core/source/source.ts';
import { readSource } from '../../../shared/core/source/source.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { Http } from '../../../shared/ports/http/http.ts';
import { memoryHttp, memoryResponse } from '../../../shared/ports/http/http-memory.ts';
import { memoryJournal } from '../../../shared/ports/journal.ts';
import { memoryTokenLock } from '../../../shared/ports/ledger/token-lock.ts';
import { seededRandom } from '../../../shared/ports/random.ts';
import {
  memorySecrets,
  type SecretFields,
  type Secrets,
} from '../../../shared/ports/secrets/secrets.ts';
import {
  type ConnectedCredentials,
  connectCredentials,
} from '../../../shared/pull/sign/credentials.ts';
import { apiRequest } from '../../apis/exchange.ts';
import { type OAuthOptions, rotatingTokens } from '../../apis/oauth.ts';

export const api = 'https://api.example/v1';
export const tokenUrl = 'https://sign-in.example/oauth/token';
export const START_MS = Date.UTC(2026, 10, 1);

export function sourceWith(
  credentials: Credentials | undefined,
  more: Partial<Source> = {},
): Source {
  const streams = [
    { name: 'items', path: '/items', records: 'data', pagination: { kind: 'single' } },
  ];
  return readSource({ name: 'shop', baseUrl: api, streams, credentials, ...more }, 'the test');
}

export const rotating = sourceWith({ kind: 'oauth2-refresh-token', tokenUrl });

export const page = (url = `${api}/items`): HttpRequest => ({
  method: 'GET',
  url,
  headers: { accept: 'application/json' },
  timeoutMs: 60_000,
});

/** Time that jumps to the next sleeper when nobody has anything else to do. */
export function jumpingClock(startMs = START_MS): Clock & { advance(ms: number): void } {
  let nowMs = startMs;
  let sleepers: { atMs: number; wake: () => void }[] = [];
  const jump = (): void => {
    const next = sleepers.toSorted((a, b) => a.atMs - b.atMs)[0];
    if (next === undefined) return;
    nowMs = Math.max(nowMs, next.atMs);
    next.wake();
  };
  return {
    nowMs: () => nowMs,
    advance: (ms) => {
      nowMs += ms;
    },
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const sleeper = {
          atMs: nowMs + ms,
          wake: () => {
            sleepers = sleepers.filter((other) => other !== sleeper);
            resolve();
          },
        };
        if (signal?.aborted) return resolve();
        signal?.addEventListener('abort', sleeper.wake, { once: true });
        sleepers.push(sleeper);
        setImmediate(jump);
      }),
  };
}

/** What happened, in order: `token`, `store`, and `use` of the API with the status it gave. */
export type Event = 'token' | 'store' | `use ${number}`;

export interface Process {
  readonly credentials: ConnectedCredentials;
  /** Replaces what this process sees of the world. */
  readonly faults: {
    read?: () => Promise<void>;
    store?: () => Promise<void>;
    token?: (answer: HttpAnswer) => HttpAnswer | Promise<HttpAnswer>;
    api?: (answer: HttpAnswer) => HttpAnswer;
  };
}

export function tokenWorld(options: OAuthOptions & { source?: Source } = {}) {
  const { source = rotating, ...oauthOptions } = options;
  const clock = jumpingClock();
  const oauth = rotatingTokens(START_MS, oauthOptions);
  const tokenLock = memoryTokenLock(clock);
  const journal = memoryJournal();
  const events: Event[] = [];
  const tokenTimes: number[] = [];
  const signIn = {
    clientId: oauth.clientId,
    clientSecret: oauth.clientSecret,
    refreshToken: oauth.first.refreshToken,
  };
  const given = new Map<string, SecretFields>([['shop', signIn]]);

  const http = (faults: Process['faults']): Http =>
    memoryHttp(async (request) => {
      const { method, headers, body = '' } = request;
      const asked = apiRequest(request.url, { method, headers, body });
      if (request.url.startsWith('https://sign-in.example/')) {
        events.push('token');
        tokenTimes.push(clock.nowMs());
        const reply = oauth.token(asked, clock.nowMs());
        const answer = memoryResponse(reply.status, String(reply.body), reply.headers);
        return faults.token?.(answer) ?? answer;
      }
      const status = oauth.check(asked, clock.nowMs()) === 'ok' ? 200 : 401;
      const answer = memoryResponse(status, {});
      const seen = faults.api?.(answer) ?? answer;
      events.push(`use ${seen.kind === 'response' ? seen.status : 0}`);
      return seen;
    });

  let processes = 0;
  const start = (): Process => {
    const faults: Process['faults'] = {};
    const real = memorySecrets(given);
    const secrets: Secrets = {
      async read(name, required) {
        await faults.read?.();
        return real.read(name, required);
      },
      async storeTokens(name, tokens) {
        await faults.store?.();
        events.push('store');
        await real.storeTokens(name, tokens);
      },
      named: real.named,
    };
    processes += 1;
    const random = seededRandom(processes);
    const holder = `process ${processes}`;
    const world = { tokenLock, clock, random, journal };
    const ports = { ...world, source, secrets, http: http(faults), holder };
    return { credentials: connectCredentials(ports), faults };
  };
  return { clock, oauth, events, tokenTimes, given, signIn, tokenLock, journal, start };
}

export const statusOf = (answer: HttpAnswer): number | string =>
  answer.kind === 'response' ? answer.status : `${answer.reason}: ${answer.message}`;

export async function errorOf(work: Promise<unknown>): Promise<DriplakeError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof DriplakeError) return error;
  throw new Error(`expected an error of ours, got ${String(error)}`);
}

/** A promise, and the function that keeps it. */
export function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, open: () => resolve() };
}
