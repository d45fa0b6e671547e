// Signs the requests of a source and renews what they are signed with. A credential only ever goes
// to the source's own origin, one 401 costs at most one renewal, and `redact` knows every value in
// use.

import type { Exchange, HttpAnswer, HttpRequest } from '../../core/answer/exchange.ts';
import { TOKEN_PROBATION_MS } from '../../core/bounds.ts';
import { DriplakeError, Failure } from '../../core/failures.ts';
import { originOf } from '../../core/page/request.ts';
import type { Parameter } from '../../core/page/way.ts';
import {
  isFixed,
  isRenewable,
  secretFields,
} from '../../core/source/credentials/credential-kinds.ts';
import type { Source } from '../../core/source/source.ts';
import type { Values } from '../../core/source/template/template.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Http } from '../../ports/http/http.ts';
import type { Journal } from '../../ports/journal.ts';
import type { TokenLock } from '../../ports/ledger/token-lock.ts';
import type { Random } from '../../ports/random.ts';
import { fingerprint, type SecretFields, type Secrets } from '../../ports/secrets/secrets.ts';
import { type AccessToken, accessToken, type TokenFault } from './access-token.ts';
import { namedSecrets, pickFields, type SecretReader, secretReader, unfilled } from './secret.ts';
import { type Signature, signature, signed, tokenSignature } from './signature.ts';

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

/** What a request is written with when it is sent; the owner may change it at any time. */
export interface SentSecrets {
  /** Those that the source declares and its requests name. */
  readonly secrets: Values;
  /** What the request is signed with, where that stands in its body. */
  readonly inBody?: Parameter;
}

/** A request, or who writes it with the secrets of the moment. */
export type Unsigned = HttpRequest | ((sent: SentSecrets) => HttpRequest);

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
  send(request: Unsigned, signal?: AbortSignal, look?: Partial<Look>): Promise<HttpAnswer>;
  authorize(request: Unsigned, signal?: AbortSignal): Promise<Authorized>;
  /** The API took what `tokenUsed` names: a later rejection of it is a new one. */
  accepted(tokenUsed: string): void;
  /** `refreshed`: authorize again and send once more. */
  refreshAfter401(tokenUsed: string, signal?: AbortSignal): Promise<AfterRejection>;
  /** Takes every credential seen so far out of a text. */
  redact(text: string): string;
  /** Whether a credential stands in bytes that are kept as they came: JSON, or as it is. */
  isIn(bytes: Uint8Array): boolean;
  /** A URL to be kept: secrets in its path are names in braces, to be filled in when it is used. */
  unfilled(url: string): string;
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
  const names = namedSecrets(source);
  const { token, sign } = signer(ports, secret);
  /** What a rejection led to, until the API accepts it: its own rejection is final. */
  let probation: { readonly tokenUsed: string; readonly untilMs: number } | undefined;

  const connected: ConnectedCredentials = {
    redact,
    isIn: secret.isIn,
    unfilled: (url) => unfilled(url, secret.known(), names),
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
      const fields = secretFields(source).length === 0 ? {} : await read();
      token?.forget();
      return pickFields(fields, Object.keys(source.settings ?? {}));
    },
    async authorize(unsigned, signal) {
      const write = typeof unsigned === 'function' ? unsigned : () => unsigned;
      if (!sign && names.length === 0) {
        return { kind: 'ready', request: write({ secrets: {} }), tokenUsed: '' };
      }
      const fields = await secret.fields();
      const secrets = pickFields(fields, names);
      const request = write({ secrets });
      stayOnOrigin(request, source, fields);
      const outcome = await token?.current(signal);
      if (outcome?.kind === 'fault') return outcome;
      const what = sign?.(fields, outcome?.accessToken ?? '');
      const tokenUsed = nameUsed(what?.value, secrets);
      if (!what) return { kind: 'ready', request, tokenUsed };
      learn([what.value]);
      const whole =
        what.place === 'body' ? write({ secrets, inBody: [what.name, what.text] }) : request;
      return { kind: 'ready', request: signed(whole, what), tokenUsed };
    },
    async refreshAfter401(tokenUsed, signal) {
      const final = probation?.tokenUsed === tokenUsed && clock.nowMs() < probation.untilMs;
      // The owner may have replaced a key while we ran, and another process a token.
      const isFromSecret = names.length > 0 || (sign && !token);
      const fields = isFromSecret ? await read() : {};
      const secrets = pickFields(fields, names);
      const [used = ''] = tokenUsed.split(BEHIND, 1);
      const isSame = nameUsed(undefined, secrets) === tokenUsed.slice(used.length);
      let next = token ? used + nameUsed(undefined, secrets) : undefined;
      if (token && isSame) {
        const outcome = await (final ? token.storedInstead(used) : token.instead(used, signal));
        if (outcome === undefined) return { kind: 'rejected' };
        if (outcome.kind === 'fault') return outcome;
        next = nameUsed(outcome.accessToken, secrets);
      }
      next ??= isFromSecret ? nameUsed(sign?.(fields, '').value, secrets) : tokenUsed;
      if (next === tokenUsed) return { kind: 'rejected' };
      probation = { tokenUsed: next, untilMs: clock.nowMs() + TOKEN_PROBATION_MS };
      return { kind: 'refreshed' };
    },
  };
  return connected;
}

interface Signer {
  /** Where what requests are signed with is renewed. */
  readonly token?: AccessToken;
  /** Absent where requests are not signed. @param token the token to use */
  readonly sign?: (fields: SecretFields, token: string) => Signature;
}

function signer(ports: CredentialPorts, secret: SecretReader): Signer {
  const { source } = ports;
  const { credentials: spec } = source;
  const { learn, read, redact } = secret;
  if (isFixed(spec)) return { sign: (fields) => signature({ source, spec, fields }) };
  if (!isRenewable(spec)) return {};
  const holder = ports.holder ?? 'pull';
  return {
    token: accessToken({ ...ports, spec, holder, read, learn, redact }),
    sign: (fields, token) => tokenSignature({ source, spec, fields }, token),
  };
}

/** Between what a request is signed with and the secrets in it, in what names both. */
const BEHIND = '/';

/** Names what a request was sent with, without being it. */
function nameUsed(value: string | undefined, secrets: Values): string {
  const used = value === undefined ? '' : fingerprint(value);
  const others = Object.values(secrets);
  return others.length === 0 ? used : `${used}${BEHIND}${fingerprint(...others)}`;
}

function describeSigning({ source, secrets }: CredentialPorts): string {
  const fields = secretFields({ ...source, settings: {} });
  if (fields.length === 0) return 'without credentials';
  const what = isRenewable(source.credentials) ? 'with a token for' : 'with';
  return `signed ${what} ${secrets.named(source.name, fields)}`;
}

interface Sending {
  readonly request: Unsigned;
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
  look.exchanged({ ...timesOf(sentAtMs, clock.nowMs(), signing.request.timeoutMs), headers });
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

const isUnauthorized = (response: Response): boolean => response.status === 401;

const unavailable = (fault: TokenFault, signal: AbortSignal | undefined): HttpAnswer => ({
  ...fault,
  reason: signal?.aborted ? 'aborted' : 'unreachable',
});
