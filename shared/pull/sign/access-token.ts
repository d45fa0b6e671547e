// The access token of an OAuth2 source, renewed by one process at a time. New tokens are stored
// before anybody uses them, so a crash at any step leaves a chain that goes on. It refuses to ask
// the token endpoint twice within the time of one lock, where a rejection stands for all who would
// ask the same, and it never retries: that is the caller's policy.
//
// A and B find at 12:00:00 that a token is due. A has the lock until 12:00:20, is given new tokens,
// stores them and uses them. B looks at the secret after some 0.4 s, then 0.8 s, and uses what it
// finds there. When A dies before it stores them, B has the lock at 12:00:20 and asks itself.

import { type Tokens, tokenAge, tokensIn } from '../../core/answer/token.ts';
import {
  TOKEN_LOCK_MS,
  TOKEN_LOOK_FIRST_MS,
  TOKEN_LOOK_LONGEST_MS,
  TOKEN_LOOK_SHORTEST_MS,
  TOKEN_REQUEST_MS,
  TOKEN_STORE_MS,
  TOKEN_WAIT_MS,
} from '../../core/bounds.ts';
import { DriplakeError, explain } from '../../core/failures.ts';
import { namesOf, type Renewable } from '../../core/source/credentials/credential-kinds.ts';
import type { Source } from '../../core/source/source.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Http } from '../../ports/http/http.ts';
import type { Journal } from '../../ports/journal.ts';
import type { Rejection, TokenLock } from '../../ports/ledger/token-lock.ts';
import type { Random } from '../../ports/random.ts';
import { fingerprint, type SecretFields, type Secrets } from '../../ports/secrets/secrets.ts';
import { GRANTS } from './grants.ts';
import { endpointSays, nameRequest, rejectionError, rejectionOf } from './token-rejection.ts';
import { askForTokens } from './token-request.ts';

export type TokenOutcome = { readonly kind: 'token'; readonly accessToken: string } | TokenFault;

/** It may work later, `untilMs` (epoch ms) at the earliest; one line without credentials. */
export interface TokenFault {
  readonly kind: 'fault';
  readonly message: string;
  readonly untilMs?: number;
}

export interface AccessToken {
  /**
   * The token to use now, renewed when it is due.
   * @throws DriplakeError `Driplake.Credentials` when only a person can help
   */
  current(signal?: AbortSignal): Promise<TokenOutcome>;
  /** Another token than the rejected one, by its fingerprint. Same errors. */
  instead(rejected: string, signal?: AbortSignal): Promise<TokenOutcome>;
  /** Another token than the rejected one, when somebody has stored one already. */
  storedInstead(rejected: string): Promise<TokenOutcome | undefined>;
  /** Uses what is stored from now on: the owner may have signed in to another account. */
  forget(): void;
}

export interface AccessTokenPorts {
  readonly source: Source;
  readonly spec: Renewable;
  readonly secrets: Secrets;
  readonly http: Http;
  readonly tokenLock: TokenLock;
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: Journal;
  readonly holder: string;
  /** The fields of the secret as they are now. */
  readonly read: () => Promise<SecretFields>;
  /** Values that `redact` hides from now on. */
  readonly learn: (values: readonly string[]) => void;
  readonly redact: (text: string) => string;
}

/** `again`: what we held was replaced meanwhile. */
type Renewal = TokenOutcome | { readonly kind: 'again' };

/** What one process knows of a source's tokens. */
interface Chain extends AccessTokenPorts {
  held: Tokens | undefined;
  /** All callers in this process share one renewal. */
  flight: Promise<TokenOutcome> | undefined;
  /** Tokens that could not be stored yet, and the grant that was spent on them. */
  unstored: { readonly grant: string; readonly tokens: Tokens } | undefined;
  /** What the token endpoint said, and when, that named a time to come back. */
  pause: { readonly fault: TokenFault; readonly sinceMs: number } | undefined;
}

export function accessToken(ports: AccessTokenPorts): AccessToken {
  const chain: Chain = {
    ...ports,
    held: undefined,
    flight: undefined,
    unstored: undefined,
    pause: undefined,
  };
  return {
    async current(signal) {
      chain.held ??= storedIn(chain, await chain.read());
      if (chain.held && age(chain, chain.held, '') === 'fresh') return use(chain, chain.held);
      return renewOnce(chain, '', signal);
    },
    async instead(rejected, signal) {
      if (chain.held && age(chain, chain.held, rejected) === 'fresh')
        return use(chain, chain.held);
      const outcome = await renewOnce(chain, rejected, signal);
      const same = outcome.kind === 'token' && fingerprint(outcome.accessToken) === rejected;
      // A renewal that was under way did not know of the rejection.
      return same ? renewOnce(chain, rejected, signal) : outcome;
    },
    storedInstead: async (rejected) => freshIn(chain, await chain.read(), rejected),
    forget() {
      chain.held = undefined;
    },
  };
}

function renewOnce(
  chain: Chain,
  rejected: string,
  signal: AbortSignal | undefined,
): Promise<TokenOutcome> {
  chain.flight ??= renew(chain, rejected, signal).finally(() => {
    chain.flight = undefined;
  });
  return chain.flight;
}

async function renew(
  chain: Chain,
  rejected: string,
  signal: AbortSignal | undefined,
): Promise<TokenOutcome> {
  const { clock, source } = chain;
  const deadlineMs = clock.nowMs() + TOKEN_WAIT_MS;
  let lookMs = TOKEN_LOOK_FIRST_MS;
  while (clock.nowMs() < deadlineMs && !signal?.aborted) {
    let untilMs = clock.nowMs() + TOKEN_LOCK_MS;
    const lock = await chain.tokenLock.tryAcquire(source.name, chain.holder, untilMs);
    if (lock.kind === 'acquired') {
      const renewal = await renewUnderLock(chain, lock.fence, untilMs, rejected);
      if (renewal.kind === 'token') return renewal;
      if (renewal.kind === 'fault') return stillGood(chain, rejected) ?? renewal;
    } else {
      const fields = await chain.read();
      const other = freshIn(chain, fields, rejected) ?? stillGood(chain, rejected);
      if (other) return other;
      untilMs = lock.untilMs;
      if (stands(chain, lock.rejection, fields)) throw rejectionError(lock.rejection);
    }
    // Jittered, so that losers do not look in step; not idle beyond the end of the lock.
    const pauseMs = Math.min(lookMs * (0.5 + chain.random.next() / 2), untilMs - clock.nowMs());
    await clock.sleep(Math.max(TOKEN_LOOK_SHORTEST_MS, pauseMs), signal);
    lookMs = Math.min(2 * lookMs, TOKEN_LOOK_LONGEST_MS);
  }
  return fault(`The tokens of ${source.name} are being refreshed by another process.`);
}

/**
 * One renewal under the lock. The lock is given back only when the token endpoint was not asked:
 * otherwise its time runs out, which keeps two requests of a source that far apart.
 */
async function renewUnderLock(
  chain: Chain,
  fence: number,
  untilMs: number,
  rejected: string,
): Promise<Renewal> {
  const { clock, read, source, spec } = chain;
  let asked = false;
  try {
    const fields = await read();
    const stored = freshIn(chain, fields, rejected);
    if (stored) return stored;
    const grant = grantOf(spec, fields);
    const { unstored } = chain;
    if (unstored?.grant === grant && age(chain, unstored.tokens, rejected) === 'fresh') {
      return await keep(chain, unstored.tokens, grant);
    }
    if (chain.pause && isPaused(chain.pause, clock.nowMs())) return chain.pause.fault;
    const timeoutMs = Math.min(TOKEN_REQUEST_MS, untilMs - clock.nowMs() - TOKEN_STORE_MS);
    if (timeoutMs <= 0) return fault(`The secret of ${source.name} took too long to read.`);
    asked = true;
    const answer = await askForTokens(chain, fields, timeoutMs);
    if (answer.kind === 'fault') {
      const what = endpointSays(chain, 'cannot give tokens to', fields, answer.reason);
      return missed(chain, what, answer.untilMs);
    }
    if (answer.kind === 'rejected' || clock.nowMs() >= untilMs) {
      // The owner signed in again, or the lock passed on: what is stored now decides.
      const now = await read();
      if (grantOf(spec, now) !== grant) return freshIn(chain, now, rejected) ?? { kind: 'again' };
    }
    if (answer.kind === 'tokens') return await keep(chain, answer.tokens, grant);
    const told = rejectionOf(chain, fields, answer);
    note(chain, 'rejected', told.message);
    await chain.tokenLock.keepRejection(source.name, fence, told);
    throw rejectionError(told);
  } finally {
    if (!asked) await chain.tokenLock.release(source.name, fence);
  }
}

/** Durable first, then used. */
async function keep(chain: Chain, given: Tokens, grant: string): Promise<TokenOutcome> {
  const { secrets, source, spec } = chain;
  const isSpent = GRANTS[spec.kind].isSignIn;
  const tokens = isSpent ? given : { ...given, accessTokenFor: grant };
  chain.unstored = { grant, tokens };
  chain.learn([tokens.accessToken, tokens.refreshToken ?? '']);
  try {
    await secrets.storeTokens(source.name, tokens);
  } catch (error) {
    if (error instanceof DriplakeError) throw error;
    const why = chain.redact(explain(error));
    return missed(chain, `The new tokens of ${source.name} cannot be stored: ${why}`);
  }
  chain.unstored = undefined;
  note(chain, 'renewed');
  return use(chain, tokens);
}

/** The stored tokens, unless they were given for what the owner has changed since. */
function storedIn({ spec }: Chain, fields: SecretFields): Tokens | undefined {
  const stored = tokensIn(fields);
  if (stored?.accessTokenFor === undefined || GRANTS[spec.kind].isSignIn) return stored;
  return stored.accessTokenFor === grantOf(spec, fields) ? stored : undefined;
}

/** After a clock was set back the time of before means nothing. */
const isPaused = ({ fault, sinceMs }: NonNullable<Chain['pause']>, nowMs: number): boolean =>
  nowMs >= sinceMs && nowMs < (fault.untilMs ?? 0);

/** The stored token, when it is a good one: another process may have renewed it. */
function freshIn(chain: Chain, fields: SecretFields, rejected: string): TokenOutcome | undefined {
  const stored = storedIn(chain, fields);
  return stored && age(chain, stored, rejected) === 'fresh' ? use(chain, stored) : undefined;
}

/** A token that is due but not dead is better than none. */
function stillGood(chain: Chain, rejected: string): TokenOutcome | undefined {
  const { held } = chain;
  return held && age(chain, held, rejected) !== 'dead' ? use(chain, held) : undefined;
}

function use(chain: Chain, tokens: Tokens): TokenOutcome {
  chain.held = tokens;
  return { kind: 'token', accessToken: tokens.accessToken };
}

/** A rejected token is dead, whatever its age. */
function age(chain: Chain, tokens: Tokens, rejected: string): ReturnType<typeof tokenAge> {
  const isRejected = fingerprint(tokens.accessToken) === rejected;
  return isRejected ? 'dead' : tokenAge(tokens, chain.clock.nowMs());
}

/** The same request would be rejected again; tokens that wait to be stored need none. */
const stands = (
  chain: Chain,
  rejection: Rejection | undefined,
  fields: SecretFields,
): rejection is Rejection =>
  rejection?.request === nameRequest(chain, fields) &&
  chain.unstored?.grant !== grantOf(chain.spec, fields);

/** What a renewal spends. */
const grantOf = (spec: Renewable, fields: SecretFields): string =>
  fingerprint(
    ...(GRANTS[spec.kind].isSignIn ? ['refreshToken'] : namesOf(spec)).map(
      (name) => fields[name] ?? '',
    ),
  );

const fault = (message: string): TokenFault => ({ kind: 'fault', message });

/**
 * A request that was made and brought no token that can be used. Nobody in this process asks before
 * `untilMs`, whichever stream needs a token.
 */
function missed(chain: Chain, message: string, untilMs?: number): TokenFault {
  note(chain, 'fault', message);
  const told = { ...fault(message), ...(untilMs === undefined ? {} : { untilMs }) };
  chain.pause = { fault: told, sinceMs: chain.clock.nowMs() };
  return told;
}

const note = (
  { journal, source }: Chain,
  outcome: 'renewed' | 'fault' | 'rejected',
  reason?: string,
): void =>
  journal.note({
    kind: 'token',
    source: source.name,
    outcome,
    ...(reason === undefined ? {} : { reason }),
  });
