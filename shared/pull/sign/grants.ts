// The request that returns a token: to a token endpoint (RFC 6749 sections 4.3, 4.4 and 6, and RFC
// 7523), form-encoded, the client's id and secret where the source declares them; or a login as the
// source writes it.

import type { HttpAnswer, HttpRequest } from '../../core/answer/exchange.ts';
import { readLoginAnswer } from '../../core/answer/login.ts';
import { base64Text } from '../../core/answer/redact.ts';
import { readTokenAnswer, type TokenAnswer } from '../../core/answer/token.ts';
import { JWT_LIFE_SECONDS } from '../../core/bounds.ts';
import { addressUrl } from '../../core/page/request.ts';
import type {
  Renewable,
  RenewableByKind,
} from '../../core/source/credentials/credential-kinds.ts';
import type { Source } from '../../core/source/source.ts';
import { fillSettings } from '../../core/source/template/settings.ts';
import { fillTemplate, type Place } from '../../core/source/template/template.ts';
import { mapTexts } from '../../core/source/template/texts.ts';
import type { SecretFields } from '../../ports/secrets/secrets.ts';
import { signJwt } from './jwt.ts';
import { basicValue, unusable } from './signature.ts';
import { USER_AGENT } from './version.ts';

/** What a token is asked for with. */
export interface Asking<Spec = Renewable> {
  readonly source: Source;
  readonly spec: Spec;
  readonly fields: SecretFields;
  readonly timeoutMs: number;
  readonly nowMs: number;
  /** Never the same. */
  readonly nonce: () => string;
}

export type Response = Extract<HttpAnswer, { kind: 'response' }>;

/** What is asked of a token endpoint, one row a kind. */
interface Grant<Spec> {
  readonly request: (asking: Asking<Spec>) => HttpRequest;
  readonly read: (spec: Spec, answer: Response, nowMs: number) => TokenAnswer;
  /** Whose value a refusal means, for people. */
  readonly refused: string;
  /** The refresh token that a renewal spends: signing in again mends one that is not accepted. */
  readonly isSignIn: boolean;
}

/** A source that says how its token is sent knows what type it is. */
const readOAuth = ({ format }: OAuth, { status, body }: Response, nowMs: number): TokenAnswer =>
  readTokenAnswer(status, body, nowMs, format !== undefined);

export const GRANTS: { readonly [One in keyof RenewableByKind]: Grant<RenewableByKind[One]> } = {
  'oauth2-client-credentials': {
    request: (asking) => oauthRequest(asking, { grant_type: 'client_credentials' }),
    read: readOAuth,
    refused: 'client',
    isSignIn: false,
  },
  'oauth2-refresh-token': {
    request: (asking) =>
      oauthRequest(asking, {
        grant_type: 'refresh_token',
        refresh_token: asking.fields['refreshToken'] ?? '',
      }),
    read: readOAuth,
    refused: 'client',
    isSignIn: true,
  },
  'oauth2-password': {
    request: (asking) => {
      const { username = '', password = '' } = asking.fields;
      return oauthRequest(asking, { grant_type: 'password', username, password });
    },
    read: readOAuth,
    refused: 'user',
    isSignIn: false,
  },
  'oauth2-jwt-bearer': {
    request: (asking) => {
      const { clientIn = 'none', ...spec } = asking.spec;
      const grant = { grant_type: JWT_BEARER, assertion: assertion(asking) };
      return oauthRequest({ ...asking, spec: { ...spec, clientIn } }, grant);
    },
    read: readOAuth,
    refused: 'private key',
    isSignIn: false,
  },
  login: { request: loginRequest, read: readLoginAnswer, refused: 'login', isSignIn: false },
};

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

type OAuth = Exclude<Renewable, RenewableByKind['login']>;

/** Where a token is asked for. @throws DriplakeError when a setting has no value */
export function tokenUrl(source: Source, spec: Renewable, fields: SecretFields): string {
  if (spec.kind !== 'login') return fillSettings(spec.tokenUrl, source, fields, 'path');
  const { url } = spec.request;
  return url.startsWith('/')
    ? addressUrl(source, url, fields).href
    : fillSettings(url, source, fields, 'path');
}

function oauthRequest(
  { source, spec, fields, timeoutMs }: Asking<OAuth>,
  grant: Readonly<Record<string, string>>,
): HttpRequest {
  const { clientId: id = '', clientSecret: secret = '' } = fields;
  const { clientIn = 'form', scope, form = {} } = spec;
  const fill = (text: string): string => filled(source, fields, text, 'json');
  const more = Object.entries(form).map(([name, text]) => [name, fill(text)]);
  const pairs = {
    ...grant,
    ...(scope !== undefined && { scope: fill(scope) }),
    ...(clientIn === 'form' && { client_id: id, client_secret: secret }),
    ...Object.fromEntries(more),
  };
  return {
    method: 'POST',
    url: tokenUrl(source, spec, fields),
    headers: {
      accept: 'application/json',
      'user-agent': USER_AGENT,
      'content-type': FORM_TYPE,
      ...(clientIn === 'header' && { authorization: clientHeader(id, secret) }),
    },
    body: new URLSearchParams(pairs).toString(),
    timeoutMs,
  };
}

const FORM_TYPE = 'application/x-www-form-urlencoded';

/** RFC 7523 section 3: who, for whom, and for a minute only. */
function assertion(asking: Asking<RenewableByKind['oauth2-jwt-bearer']>): string {
  const { source, spec, fields, nowMs, nonce } = asking;
  const fill = (text: string): string => filled(source, fields, text, 'json');
  const iat = Math.floor(nowMs / 1000);
  const claims = Object.entries(spec.claims).map(([name, text]) => [name, fill(text)]);
  return signJwt(source, {
    algorithm: spec.algorithm ?? 'RS256',
    keyId: spec.keyId === undefined ? undefined : fill(spec.keyId),
    privateKey: fields['privateKey'] ?? '',
    claims: {
      aud: tokenUrl(source, spec, fields),
      ...Object.fromEntries(claims),
      iat,
      exp: iat + JWT_LIFE_SECONDS,
      jti: nonce(),
    },
  });
}

function loginRequest(asking: Asking<RenewableByKind['login']>): HttpRequest {
  const { source, spec, fields, timeoutMs } = asking;
  const { method = 'POST', headers = {}, query = {}, body, form, basic } = spec.request;
  const fill = (text: string, place: Place): string => filled(source, fields, text, place);
  const pairs = (given: Readonly<Record<string, string>>, place: 'query' | 'form'): string =>
    Object.entries(given)
      .map(([name, text]) => `${filled(source, {}, name, place)}=${fill(text, place)}`)
      .join('&');
  const url = tokenUrl(source, spec, fields);
  const asked = pairs(query, 'query');
  const sent = form ? pairs(form, 'form') : JSON.stringify(mapTexts(body ?? {}, asText(fill)));
  const own = Object.entries(headers).map(([name, text]) => [
    name.toLowerCase(),
    fill(text, 'header'),
  ]);
  return {
    method,
    url: asked === '' ? url : `${url}${url.includes('?') ? '&' : '?'}${asked}`,
    headers: {
      accept: 'application/json',
      'user-agent': USER_AGENT,
      ...(method === 'POST' && { 'content-type': form ? FORM_TYPE : 'application/json' }),
      ...(basic && { authorization: `Basic ${basicValue(source, basic, fields)}` }),
      ...Object.fromEntries(own),
    },
    ...(method === 'POST' && { body: sent }),
    timeoutMs,
  };
}

const asText =
  (fill: (text: string, place: Place) => string) =>
  (text: string): string =>
    fill(text, 'json');

/** @throws DriplakeError `Driplake.Credentials` when a field cannot stand there */
function filled(source: Source, fields: SecretFields, text: string, place: Place): string {
  const put = fillTemplate(text, fields, place);
  if (put.kind === 'misfit') throw unusable(source, put.name, put.what);
  return put.text;
}

/** RFC 6749 section 2.3.1: both are form-encoded before they are joined. */
const clientHeader = (id: string, secret: string): string =>
  `Basic ${base64Text(`${formEncoded(id)}:${formEncoded(secret)}`)}`;

const formEncoded = (text: string): string =>
  new URLSearchParams([['', text]]).toString().slice(1);
