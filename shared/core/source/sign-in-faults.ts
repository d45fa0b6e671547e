// Faults of how a source signs in: names that nobody gives a value to, two places for one thing, a
// key that would stand nowhere. Each would be sent as it stands, and be refused without a reason.

import { describeNoPlace } from './body.ts';
import { ownFields } from './credentials/credential-kinds.ts';
import { isWeb, parseTemplate, settingsOnly, textBraces, urlBraces } from './request-faults.ts';
import { textsOf } from './template/texts.ts';
import { list, pick, quote, textAt } from './written.ts';

const AT = 'credentials';

/** One line a fault of the credentials. */
export function signInFaults(source: unknown): string[] {
  const credentials = pick(source, AT);
  const kind = textAt(credentials, 'kind');
  if (kind === undefined) return [];
  return [
    ...placeFaults(source, credentials, kind),
    ...formatFaults(source, credentials, kind),
    ...tokenUrlFaults(source, textAt(credentials, 'tokenUrl')),
    ...nameFaults(source, credentials, kind),
    ...loginFaults(source, pick(credentials, 'request')),
  ];
}

const SENT = ['header', 'query', 'cookie', 'body'] as const;

function placeFaults(source: unknown, credentials: unknown, kind: string): string[] {
  const given = SENT.filter((place) => textAt(credentials, place));
  if (kind === 'api-key' ? given.length !== 1 : given.length > 1) {
    return [
      `${AT}: expected ${kind === 'api-key' ? 'one' : 'at most one'} of ${SENT.join(', ')} for kind "${kind}"`,
    ];
  }
  if (given[0] !== 'body') return [];
  const path = textAt(credentials, 'body') ?? '';
  return list(pick(source, 'streams')).flatMap((stream, index) => {
    const method = textAt(stream, 'method');
    const at = `streams[${index}]`;
    if (method !== 'POST') {
      return [`${at}.method: expected "POST" beside credentials.body, got ${quote(method)}`];
    }
    if (textAt(stream, 'bodyAs') === 'form') return [];
    const expected = describeNoPlace(pick(stream, 'body'), path);
    return expected === undefined ? [] : [`${at}.body: expected ${expected}`];
  });
}

/** What a format stands for: the key of the secret, a token else. */
const valueName = (kind: string): string => (kind === 'api-key' ? 'key' : 'token');

function formatFaults(source: unknown, credentials: unknown, kind: string): string[] {
  const format = textAt(credentials, 'format');
  if (format === undefined) return [];
  const own = valueName(kind);
  const place = `${AT}.format`;
  return format.includes(`{${own}}`)
    ? textBraces({ source, fields: [own] }, format, place)
    : [`${place}: expected text with {${own}}, got ${quote(format)}`];
}

function tokenUrlFaults(source: unknown, tokenUrl: string | undefined): string[] {
  const fits = tokenUrl === undefined || tokenUrl === '' || isWeb(parseTemplate(tokenUrl));
  const place = `${AT}.tokenUrl`;
  return [
    ...(fits ? [] : [`${place}: expected an http or https URL, got ${quote(tokenUrl)}`]),
    ...settingsOnly(source, tokenUrl, place),
  ];
}

/** Texts that may name the fields of the credentials as well. */
const TEXTS = ['scope', 'username', 'password', 'keyId', 'form', 'claims'];

function nameFaults(source: unknown, credentials: unknown, kind: string): string[] {
  const fields = ownFields(kind);
  return TEXTS.flatMap((field) =>
    [...textsOf(pick(credentials, field), `${AT}.${field}`)].flatMap(([place, text]) =>
      textBraces({ source, fields }, text, place),
    ),
  );
}

function loginFaults(source: unknown, request: unknown): string[] {
  if (request === undefined) return [];
  const at = `${AT}.request`;
  const url = textAt(request, 'url');
  const bodies = ['body', 'form'].filter((field) => pick(request, field) !== undefined);
  const isBare = textAt(request, 'method') === 'GET' && bodies.length > 0;
  const texts = ['headers', 'query', 'body', 'form', 'basic'].flatMap((field) =>
    [...textsOf(pick(request, field), `${at}.${field}`)].flatMap(([place, text]) =>
      textBraces({ source, fields: ownFields('login') }, text, place),
    ),
  );
  return [
    ...(url === undefined || isWeb(parseTemplate(url)) || url.startsWith('/')
      ? urlBraces({ source }, url, `${at}.url`)
      : [`${at}.url: expected an http or https URL, or a path from "/", got ${quote(url)}`]),
    ...(bodies.length > 1 ? [`${at}: expected either body or form`] : []),
    ...(isBare ? [`${at}.method: expected "POST" beside a body, got "GET"`] : []),
    ...texts,
  ];
}
