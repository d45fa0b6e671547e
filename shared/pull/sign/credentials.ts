// Signs the requests of a source and renews what they are signed with. A credential only ever goes
// to the source's own origin, one 401 costs at most one renewal, and `redact` knows every value in
// use.

import type { Exchange, HttpAnswer, HttpRequest } from '../../core/answer/exchange.ts';
import { base64Text, redactor } from '../../core/answer/redact.ts';
import { TOKEN_PROBATION_MS } from '../../core/bounds.ts';
import { DriplakeError, Failure } from '../../core/failures.ts';
import { originOf } from '../../core/page/request.ts';
import {
  isFixed,
  isRenewable,
  SECRET_NAMES,
  secretFields,
} from '../../core/source/credential-kinds.ts';
import type { Source } from '../../core/source/source.ts';

import type { Clock } from '../../ports/clock.ts';
import type { Http } from '../../ports/http/http.ts';
import type { Journal } from '../../ports/journal.ts';
import type { TokenLock } from '../../ports/ledger/token-lock.ts';
import type { Random } from '../../ports/random.ts';
import { fingerprint, type SecretFields, type Secrets } from '../../ports/secrets/secrets.ts';
import { accessToken, type TokenFault } from './access-token.ts';
import { bearer, type Signed, signature, signed } from './signature.ts';

export interface CredentialPorts {
  readonly source: Source;
  readonly secrets: Secrets;
  readonly http: Http;
  readonly tokenLock: TokenLock;
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: Journal;
  /** Who refreshes, for people who look at the lock. */
  readonly holder?: string;
}

export type Authorized =
  /** `tokenUsed` names what the request was signed with, without being it. */
  | { readonly kind: 'ready'; readonly request: HttpRequest; readonly tokenUsed: string }
  | TokenFault;

export type AfterRejection =
  | { readonly kind: 'refreshed' }
  | { readonly kind: 'rejected' }
  | TokenFault;

/** Every method may throw a DriplakeError `Driplake.Credentials`: only a person can help then. */
export interface ConnectedCredentials {
  /** The source's settings as they are now; no credential is among them. */
  settings(): Promise<Readonly<Record<string, string>>>;
  /**
   * Signs and sends. A rejected token is renewed and the request sent once more; a second rejection
   * is the answer. A token that cannot be had now is a fault, like an unreachable host.
   * @param look told of each request that went out; none did when no token was to be had
   */
  send(request: HttpRequest, signal?: AbortSignal, look?: Partial<Look>): Promise<HttpAnswer>;
  authorize(request: HttpRequest, signal?: AbortSignal): Promise<Authorized>;
  /** The API took what `tokenUsed` names: a later rejection of it is a new one. */
  accepted(tokenUsed: string): void;
  /** `refreshed`: authorize again and send once more. */
  refreshAfter401(tokenUsed: string, signal?: AbortSignal): Promise<AfterRejection>;
  /** Takes every credential seen so far out of a text. */
  redact(text: string): string;
  /** Whose credentials requests carry, for people: `signed with DRIPLAKE_SHOP_TOKEN`. */
  readonly signing: string;
}

/** What the sender of a request does with the answers. */
export interface Look {
  /** Which responses mean that the token is not accepted; a 401 by default. */
  readonly rejectsToken: (response: Response) => boolean;
  readonly exchanged: (exchange: Exchange) => void;
}

export type Response = Extract<HttpAnswer, { kind: 'response' }>;

export function connectCredentials(ports: CredentialPorts): ConnectedCredentials {
  const { clock, source } = ports;
  const secret = secretReader(source, ports.secrets);
  const { learn, read, redact } = secret;
  const holder = ports.holder ?? 'pull';
  const { credentials: spec } = source;
  const own = isFixed(spec)
    ? (fields: SecretFields) => signature(source.name, spec, fields)
    : undefined;
  const token = isRenewable(spec)
    ? accessToken({ ...ports, spec, holder, read, learn, redact })
    : undefined;
  /** What a rejection led to, until the API accepts it: its own rejection is final. */
  let probation: { readonly tokenUsed: string; readonly untilMs: number } | undefined;

  const connected: ConnectedCredentials = {
    redact,
    signing: describeSigning(ports),
    send: (request, signal, look) =>
      sendSigned(connected, ports, {
        request,
        signal,
        look: { rejectsToken: isUnauthorized, exchanged: () => undefined, ...look },
      }),
    accepted(tokenUsed) {
      if (probation?.tokenUsed === tokenUsed) probation = undefined;
    },
    async settings() {
      const names = Object.keys(source.settings ?? {});
      const fields = names.length === 0 ? {} : await read();
      token?.forget();
      return Object.fromEntries(names.map((name) => [name, fields[name] ?? '']));
    },
    async authorize(request, signal) {
      if (!own && !token) return { kind: 'ready', request, tokenUsed: '' };
      const fields = await secret.fields();
      stayOnOrigin(request, source, fields);
      const outcome = await token?.current(signal);
      if (outcome?.kind === 'fault') return outcome;
      const what = outcome ? bearer(outcome.accessToken) : own?.(fields);
      return what ? ready(signed(request, what)) : { kind: 'ready', request, tokenUsed: '' };
    },
    async refreshAfter401(tokenUsed, signal) {
      const final = probation?.tokenUsed === tokenUsed && clock.nowMs() < probation.untilMs;
      // The owner may have replaced a key while we ran, and another process a token.
      const outcome = token
        ? await (final ? token.storedInstead(tokenUsed) : token.instead(tokenUsed, signal))
        : own?.(await read());
      if (outcome === undefined) return { kind: 'rejected' };
      if ('kind' in outcome && outcome.kind === 'fault') return outcome;
      const next = fingerprint('kind' in outcome ? outcome.accessToken : outcome.value);
      if (next === tokenUsed) return { kind: 'rejected' };
      probation = { tokenUsed: next, untilMs: clock.nowMs() + TOKEN_PROBATION_MS };
      return { kind: 'refreshed' };
    },
  };
  return connected;
}

function describeSigning({ source, secrets }: CredentialPorts): string {
  const fields = secretFields({ credentials: source.credentials });
  if (fields.length === 0) return 'without credentials';
  const what = isRenewable(source.credentials) ? 'with a token for' : 'with';
  return `signed ${what} ${secrets.named(source.name, fields)}`;
}

interface Sending {
  readonly request: HttpRequest;
  readonly signal: AbortSignal | undefined;
  readonly look: Look;
}

async function sendSigned(
  credentials: ConnectedCredentials,
  ports: CredentialPorts,
  sending: Sending,
): Promise<HttpAnswer> {
  const { signal } = sending;
  const first = await sendOnce(credentials, ports, sending);
  if (first.rejected === undefined) return first.answer;
  const after = await credentials.refreshAfter401(first.rejected, signal);
  if (after.kind === 'rejected') return first.answer;
  if (after.kind === 'fault') return unavailable(after, signal);
  return (await sendOnce(credentials, ports, sending)).answer;
}

async function sendOnce(
  credentials: ConnectedCredentials,
  { http, clock }: CredentialPorts,
  { request, signal, look }: Sending,
): Promise<{ readonly answer: HttpAnswer; readonly rejected?: string }> {
  const signing = await credentials.authorize(request, signal);
  if (signing.kind === 'fault') return { answer: unavailable(signing, signal) };
  const sentAtMs = clock.nowMs();
  const answer = await http.send(signing.request, signal);
  const headers = answer.kind === 'response' ? answer.headers : {};
  look.exchanged({ ...timesOf(sentAtMs, clock.nowMs(), request.timeoutMs), headers });
  if (answer.kind === 'fault') {
    return { answer: { ...answer, message: credentials.redact(answer.message) } };
  }
  if (look.rejectsToken(answer)) return { answer, rejected: signing.tokenUsed };
  credentials.accepted(signing.tokenUsed);
  return { answer };
}

/** Whatever a clock that was set meanwhile shows, an exchange takes its timeout at the most. */
const timesOf = (
  sentAtMs: number,
  answeredAtMs: number,
  timeoutMs: number,
): Omit<Exchange, 'headers'> => {
  const tookMs = Math.min(timeoutMs, Math.max(1, answeredAtMs - sentAtMs));
  return { sentAtMs: answeredAtMs - tookMs, answeredAtMs };
};

/** The secret of a source, and every credential that was ever read from it. */
function secretReader(source: Source, secrets: Secrets) {
  const required = secretFields(source);
  const seen = new Set<string>();
  let mask = redactor([]);
  let known: SecretFields | undefined;
  const learn = (values: readonly string[]): void => {
    const before = seen.size;
    for (const value of values) seen.add(value);
    if (seen.size !== before) mask = redactor([...seen]);
  };
  const read = async (): Promise<SecretFields> => {
    const fields = required.length === 0 ? {} : await secrets.read(source.name, required);
    learn(credentialsIn(fields));
    known = fields;
    return fields;
  };
  return {
    learn,
    /** As it is now. */
    read,
    /** As it was read last. */
    fields: async (): Promise<SecretFields> => known ?? read(),
    redact: (text: string): string => mask(text),
  };
}

/** With the token that the sign-in turned into, and as a Basic header writes a password. */
function credentialsIn(fields: SecretFields): string[] {
  const values = [...SECRET_NAMES, 'accessToken'].flatMap((name) => fields[name] ?? []);
  const basic = base64Text(`${fields['username'] ?? ''}:${fields['password'] ?? ''}`);
  return fields['password'] ? [...values, basic] : values;
}

function stayOnOrigin(request: HttpRequest, source: Source, settings: SecretFields): void {
  const origin = originOf(source, settings);
  const asked = URL.parse(request.url)?.origin ?? 'no URL';
  if (asked === origin) return;
  throw new DriplakeError(
    Failure.failed,
    `A request to ${asked} was not signed: the credentials of ${source.name} are for ${origin}.`,
    'Check the links that the API gives, or the baseUrl of the source.',
  );
}

const ready = (what: Signed): Authorized => ({ kind: 'ready', ...what });

const isUnauthorized = (response: Response): boolean => response.status === 401;

const unavailable = (fault: TokenFault, signal: AbortSignal | undefined): HttpAnswer => ({
  ...fault,
  reason: signal?.aborted ? 'aborted' : 'unreachable',
});
