// Cookies that an answer sets (RFC 6265). Every request of a source stays on one origin, so that
// neither a domain nor a path decides who gets them; what cannot be read sets nothing.

import type { Headers } from './exchange.ts';

/** A cookie as it was set; without a value it is to be forgotten. */
export interface SetCookie {
  readonly name: string;
  readonly value: string | undefined;
}

/**
 * The cookies of an answer, in its order; a transport joins its `Set-Cookie` lines by line feeds,
 * since a comma stands in their dates.
 * @param nowMs when it came: a cookie that has expired by then is to be forgotten
 */
export function readCookies(headers: Headers, nowMs: number): readonly SetCookie[] {
  return (headers['set-cookie'] ?? '').split('\n').flatMap((line) => {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const mark = pair.indexOf('=');
    const [name, value] = [pair.slice(0, mark).trim(), pair.slice(mark + 1).trim()];
    if (mark < 1 || !NAME.test(name) || !VALUE.test(value)) return [];
    const isOver = value === '' || attributes.some((one) => hasExpired(one, nowMs));
    return [{ name, value: isOver ? undefined : value }];
  });
}

/**
 * The `Cookie` header with what an answer sets of the cookies of these names.
 * @param before the header so far
 */
export function keepCookies(
  before: string | undefined,
  set: readonly SetCookie[],
  names: readonly string[],
): string | undefined {
  const kept = new Map(
    (before ?? '').split('; ').flatMap((pair): (readonly [string, string])[] => {
      const mark = pair.indexOf('=');
      return mark < 1 ? [] : [[pair.slice(0, mark), pair.slice(mark + 1)]];
    }),
  );
  for (const { name, value } of set) {
    if (!names.includes(name)) continue;
    if (value === undefined) kept.delete(name);
    else kept.set(name, value);
  }
  return kept.size === 0 ? undefined : [...kept].map((pair) => pair.join('=')).join('; ');
}

/** RFC 9110 section 5.6.2, and RFC 6265 section 4.1.1 with quotes around it or not. */
const NAME = /^[!#$%&'*+.^_`|~\w-]+$/;
const VALUE = /^"?[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*"?$/;

/** `Max-Age` counts more than `Expires`, but both of a cookie that is taken back say the same. */
function hasExpired(attribute: string, nowMs: number): boolean {
  const mark = attribute.indexOf('=');
  const [name, value] = [attribute.slice(0, mark).toLowerCase(), attribute.slice(mark + 1)];
  if (name === 'max-age') return /^(-\d+|0+)$/.test(value);
  return name === 'expires' && Date.parse(value) <= nowMs;
}
