// Links to the next page: the RFC 8288 `Link` header, and the rule that a link stays on its
// origin. A header that cannot be read is a fault: taken for "no next link" it would cut the data
// off.

interface Link {
  /** As given: absolute or relative. */
  readonly target: string;
  /** Relation types in lower case: `next`, `last`. */
  readonly rels: readonly string[];
}

/**
 * The links of a `Link` header whose values were joined by commas (RFC 8288, section 3 and
 * appendix B). Only the first `rel` of a link counts, and a link with an `anchor` is about another
 * resource and left out. `undefined` when the header is malformed.
 */
export function parseLinks(header: string): readonly Link[] | undefined {
  const links: Link[] = [];
  let at = skip(/[\s,]*/y, header, 0);
  while (at < header.length) {
    const target = take(/<([^>]*)>\s*/y, header, at);
    if (!target) return undefined;
    const parameters = new Map<string, string>();
    at = target.end;
    while (header[at] === ';') {
      const found = take(PARAMETER, header, at);
      if (!found) return undefined;
      const name = found.groups[0]?.toLowerCase() ?? '';
      if (name !== '' && !parameters.has(name)) parameters.set(name, unquoted(found.groups));
      at = found.end;
    }
    if (at < header.length && header[at] !== ',') return undefined;
    const rels = (parameters.get('rel') ?? '').toLowerCase().split(/\s+/).filter(Boolean);
    if (!parameters.has('anchor')) links.push({ target: target.groups[0]?.trim() ?? '', rels });
    at = skip(/[\s,]*/y, header, at);
  }
  return links;
}

/**
 * The URL that a link on the page at `pageUrl` leads to: as given when it is absolute, resolved
 * when it is relative. A link to another origin is refused, whatever it says: it would carry the
 * credentials there. `http` and `https` are different origins, as in every browser.
 */
export function followLink(
  target: string,
  pageUrl: string,
  origin: string,
): { readonly url: string } | { readonly rejected: string } {
  const url = URL.parse(target, pageUrl);
  if (!url) return { rejected: 'the next link is not a URL' };
  if (url.origin !== origin) {
    // A link such as `file:` or `data:` has no origin, which is told as `null`.
    const target = url.origin === 'null' ? `a ${url.protocol} address` : url.origin;
    return { rejected: `the next link must stay on ${origin}, but leads to ${target}` };
  }
  if (url.username || url.password) return { rejected: 'the next link carries a user name' };
  return { url: URL.canParse(target) ? target.trim() : url.href };
}

/** The URL without a parameter, all else as it was written. */
export function withoutParameter(url: string, name: string): string {
  const mark = url.indexOf('?');
  if (mark < 0) return url;
  const pairs = url.slice(mark + 1).split('&');
  const kept = pairs.filter((pair) => !new URLSearchParams(pair).has(name));
  if (kept.length === pairs.length) return url;
  return url.slice(0, mark) + (kept.length > 0 ? `?${kept.join('&')}` : '');
}

/** The URL with the pair in the place of those of its name, all else as it was written. */
export function withPair(url: string, name: string, value: string): string {
  const [address = ''] = url.split('#', 1);
  const rest = withoutParameter(address, name).replace(/\?$/, '');
  const own = `${encodeURIComponent(name)}=${encodeURIComponent(value.toWellFormed())}`;
  return `${rest}${rest.includes('?') ? '&' : '?'}${own}`;
}

/**
 * `; name`, `; name=token`, `; name="quoted \" text"`, or a lone `;`. The RFC takes the quotes of
 * `rel='next'` for a part of the name; those who write it mean quotes.
 */
const PARAMETER =
  /;\s*(?:([^\s"<>=;,]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|'([^',;]*)'|([^\s";,]*)))?)?\s*/y;

const unquoted = ([, quoted, single, token]: readonly (string | undefined)[]): string =>
  quoted?.replaceAll(/\\(.)/g, '$1') ?? single ?? token ?? '';

function take(pattern: RegExp, text: string, at: number) {
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  return match ? { groups: match.slice(1), end: pattern.lastIndex } : undefined;
}

const skip = (pattern: RegExp, text: string, at: number): number =>
  take(pattern, text, at)?.end ?? at;
