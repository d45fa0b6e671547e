// URLs that stand in templates, in the environment of functions and in logs, for all to read: they
// may hold no secret, and lead nowhere in clear text. No fault shows what is wrong in one of them.

import type { Source } from '../../shared/core/source/source.ts';

/** One fault for each part of a URL that no template may have. @param urls by source, as given */
export const baseUrlFaults = (urls: unknown): string[] =>
  Object.entries(Object(urls)).flatMap(([source, url]) =>
    typeof url === 'string' ? openFaults(`baseUrls.${source}`, url, true) : [],
  );

/**
 * The same of what a source's own file says. Plain http is left to those that send no credentials.
 * @param isMoved whether the settings send it elsewhere: its own base URL is not used then
 */
export function sourceUrlFaults(
  { name, baseUrl, credentials = { kind: 'none' } }: Source,
  isMoved: boolean,
): string[] {
  const signs = credentials.kind !== 'none';
  return [
    ...(isMoved ? [] : openFaults(`sources/${name}.ts: baseUrl`, baseUrl, signs)),
    ...('tokenUrl' in credentials
      ? openFaults(`sources/${name}.ts: credentials.tokenUrl`, credentials.tokenUrl, true)
      : []),
  ];
}

function openFaults(place: string, text: string, mustBeSecure: boolean): string[] {
  const url = URL.parse(text.replaceAll(/\{[^{}]*\}/g, 'x'));
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return [`${place}: expected an https URL`];
  }
  const { protocol, username, password, search, hash, hostname } = url;
  const isOpen = mustBeSecure && protocol === 'http:' && !NEARBY.test(hostname);
  const faults = [
    ...(username || password ? ['no user or password, which belong into the secret'] : []),
    ...(search || hash ? ['no query and no fragment'] : []),
    ...(isOpen ? ['https: plain http is for this machine and link-local addresses'] : []),
  ];
  return faults.map((expected) => `${place}: expected ${expected}`);
}

/** This machine, and what no router lets out (RFC 3927, RFC 4291). */
const NEARBY =
  /^(localhost|127\.\d+\.\d+\.\d+|169\.254\.\d+\.\d+|\[::1\]|\[fe[89ab][0-9a-f]:.*\])$/;
