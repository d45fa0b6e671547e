// Asks for tokens once: what is sent is known to the mask before it leaves, and an answer that
// means "later" brings its time along.

import type { HttpRequest } from '../../core/answer/exchange.ts';
import { retryAfterMs } from '../../core/answer/retry-after.ts';
import type { TokenAnswer } from '../../core/answer/token.ts';
import type {
  Renewable,
  RenewableByKind,
} from '../../core/source/credentials/credential-kinds.ts';
import type { Source } from '../../core/source/source.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Http } from '../../ports/http/http.ts';
import type { Random } from '../../ports/random.ts';
import type { SecretFields } from '../../ports/secrets/secrets.ts';
import { type Asking, GRANTS, type Response } from './grants.ts';

interface Endpoint {
  readonly source: Source;
  readonly spec: Renewable;
  readonly http: Http;
  readonly clock: Clock;
  readonly random: Random;
  /** Values that are hidden from now on. */
  readonly learn: (values: readonly string[]) => void;
}

/**
 * Never aborted: an answer thrown away may be the only copy of the next refresh token.
 * @throws DriplakeError when a setting has no value, or a field cannot travel
 */
export async function askForTokens(
  { clock, http, learn, random, source, spec }: Endpoint,
  fields: SecretFields,
  timeoutMs: number,
): Promise<TokenAnswer> {
  const nowMs = clock.nowMs();
  const nonce = () => [1, 2, 3].map(() => random.next().toString(36).slice(2)).join('');
  const request = write(spec.kind, { source, spec, fields, timeoutMs, nowMs, nonce });
  learn(carried(request));
  const answer = await http.send(request);
  if (answer.kind === 'fault') return { kind: 'fault', reason: answer.message };
  const told = read(spec.kind, spec, answer, nowMs);
  if (told.kind !== 'fault') return told;
  const untilMs = retryAfterMs(answer.headers, clock.nowMs(), answer.body);
  return untilMs === undefined ? told : { ...told, untilMs };
}

const write = <One extends keyof RenewableByKind>(
  kind: One,
  asking: Asking<RenewableByKind[One]>,
): HttpRequest => GRANTS[kind].request(asking);

const read = <One extends keyof RenewableByKind>(
  kind: One,
  spec: RenewableByKind[One],
  answer: Response,
  nowMs: number,
): TokenAnswer => GRANTS[kind].read(spec, answer, nowMs);

/** A Basic header or a JWT that we signed: whoever has it may use it while it lives. */
const carried = ({ headers, body }: HttpRequest): readonly string[] => [
  headers['authorization']?.replace(/^Basic /, '') ?? '',
  new URLSearchParams(body ?? '').get('assertion') ?? '',
];
