// What a login answered: the session token where the source says that it stands, and how long it
// lives. An answer without one is a rejection, since asking again and again locks accounts.

import { fieldAt } from '../field-path.ts';
import type { InAnswer } from '../source/credentials/credentials-schema.ts';
import { readInstant } from '../time/instant.ts';
import { readCookies } from './cookies.ts';
import type { HttpAnswer } from './exchange.ts';
import { isToken, lifeSeconds, readTokenBody, type TokenAnswer } from './token.ts';

export interface LoginAnswer {
  readonly token: InAnswer;
  readonly expires?: InAnswer | undefined;
  readonly lifeSeconds?: number | undefined;
}

type Response = Extract<HttpAnswer, { kind: 'response' }>;

/** @param nowMs when the request was sent: the life of a token is counted from there */
export function readLoginAnswer(spec: LoginAnswer, answer: Response, nowMs: number): TokenAnswer {
  const { status } = answer;
  const body = readTokenBody(answer.body);
  if (body === 'too-large') return { kind: 'fault', reason: `${answer.body.byteLength} bytes` };
  if (status < 200 || status >= 300) {
    // Of an answer that may hold a token, nothing is told.
    const isFinal = status >= 400 && status < 500 && !LATER.has(status);
    const reason = `${status} ${new TextDecoder().decode(answer.body)}`.trim();
    return isFinal ? rejected(reason) : { kind: 'fault', reason };
  }
  const told = { headers: answer.headers, body, nowMs };
  const accessToken = textIn(spec.token, told);
  const where = typeof spec.token === 'string' ? spec.token : Object.values(spec.token).join();
  if (accessToken === undefined) return rejected(`${status} without a token at ${where}`);
  if (!isToken(accessToken)) return rejected(`${status} with a token that is no visible ASCII`);
  const life = spec.expires === undefined ? undefined : textIn(spec.expires, told);
  const expiresAtMs =
    (life === undefined ? undefined : expiryMs(life, nowMs)) ??
    (spec.lifeSeconds === undefined ? undefined : nowMs + spec.lifeSeconds * 1000);
  return {
    kind: 'tokens',
    tokens: {
      accessToken,
      obtainedAtMs: nowMs,
      ...(expiresAtMs === undefined ? {} : { expiresAtMs: Math.floor(expiresAtMs) }),
    },
  };
}

/** Timeouts and limits; all else that is the client's fault stays so. */
const LATER: ReadonlySet<number> = new Set([408, 425, 429]);

interface Told {
  readonly headers: Response['headers'];
  readonly body: unknown;
  readonly nowMs: number;
}

function textIn(where: InAnswer, { headers, body, nowMs }: Told): string | undefined {
  if (typeof where === 'object' && 'header' in where) return headers[where.header.toLowerCase()];
  if (typeof where === 'object') {
    return readCookies(headers, nowMs).find(({ name }) => name === where.cookie)?.value;
  }
  const found = fieldAt(body, where);
  return typeof found === 'string' || typeof found === 'number' ? String(found) : undefined;
}

/** Seconds since 1970 in September 2001: fewer are a span, a hundred times as many milliseconds. */
const EPOCH_FIRST = 1e9;

/** Seconds from now, an epoch in seconds or milliseconds, or an ISO date. */
function expiryMs(text: string, nowMs: number): number | undefined {
  const seconds = lifeSeconds(text);
  if (seconds !== undefined && seconds < EPOCH_FIRST) return nowMs + seconds * 1000;
  const epoch = /^\d{10,15}$/.test(text) ? Number(text) : undefined;
  if (epoch !== undefined) return epoch < 100 * EPOCH_FIRST ? epoch * 1000 : epoch;
  const at = readInstant(text)?.seconds;
  return at === undefined ? undefined : at * 1000;
}

const rejected = (reason: string): TokenAnswer => ({
  kind: 'rejected',
  signInAgain: false,
  reason,
});
