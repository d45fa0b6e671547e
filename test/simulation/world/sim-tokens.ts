// The API's sign-in: each refresh gives a new access token and a new refresh token, and the first
// use of an access token kills every refresh token before its own.

import type { HttpAnswer } from '../../../shared/core/answer/exchange.ts';

export interface SimTokens {
  /** Answers a refresh: form-encoded in, JSON out. */
  refresh(form: string, nowMs: number): HttpAnswer;
  /** Whether an `Authorization` header is accepted. */
  accepts(authorization: string | undefined, nowMs: number): boolean;
}

/** Seconds that an access token lives: shorter than most runs. */
const LIFE_SECONDS = 90;

/** What the owner gave once: the start of the chain. */
export const FIRST_SIGN_IN = {
  clientId: 'simulation',
  clientSecret: 'secret-of-the-simulation',
  refreshToken: 'refresh-token-0',
} as const;

export function simTokens(): SimTokens {
  const issuedMs: number[] = [];
  /** The newest sign-in whose access token was used. */
  let used = 0;
  return {
    refresh(form, nowMs) {
      const place = placeOf(new URLSearchParams(form).get('refresh_token'), 'refresh-token-');
      if (place === undefined || place < used || place > issuedMs.length) {
        return json(400, { error: 'invalid_grant' });
      }
      const next = issuedMs.push(nowMs);
      return json(200, {
        token_type: 'bearer',
        access_token: `access-token-${next}`,
        refresh_token: `refresh-token-${next}`,
        expires_in: LIFE_SECONDS,
      });
    },
    accepts(authorization, nowMs) {
      const place = placeOf(authorization, 'Bearer access-token-');
      if (place === undefined) return false;
      const sinceMs = nowMs - (issuedMs[place - 1] ?? Number.NEGATIVE_INFINITY);
      if (sinceMs > LIFE_SECONDS * 1000) return false;
      used = Math.max(used, place);
      return true;
    },
  };
}

function placeOf(text: string | null | undefined, before: string): number | undefined {
  return text?.startsWith(before) ? Number(text.slice(before.length)) : undefined;
}

const json = (status: number, body: object): HttpAnswer => ({
  kind: 'response',
  status,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(JSON.stringify(body)),
});
