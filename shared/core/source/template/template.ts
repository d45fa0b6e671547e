// Puts values into a text with names in braces, as they are written where it stands: nothing that
// a value holds can change the path, the query, the header or the body around it. Values are put in
// at one go, so that braces in one stay what they are; what cannot stand there is refused by name.

/** Where a text stands. `json`: as a text of a JSON body, before it is written as JSON. */
export type Place = keyof typeof PLACES;

/** What may be put in, by name: `{ shop: '17', 'order.id': 'A/1' }`. */
export type Values = Readonly<Record<string, string>>;

export type Filled =
  | { readonly kind: 'filled'; readonly text: string }
  /** The name of the value that cannot stand there, and why, without the value. */
  | { readonly kind: 'misfit'; readonly name: string; readonly what: string };

/**
 * The template with every `{name}` of `values` replaced; other braces are left as they are.
 *
 * | place    | the template is        | the result is                                            |
 * | -------- | ---------------------- | -------------------------------------------------------- |
 * | `path`   | a path, with `?` or not | the path, each value percent-encoded                     |
 * | `query`  | the value of a pair    | the whole percent-encoded                                |
 * | `form`   | the value of a pair    | the whole as `application/x-www-form-urlencoded` has it  |
 * | `header` | a header's value       | the value, visible ASCII without blanks at its edges     |
 * | `cookie` | a cookie's value       | the value, of the characters of RFC 6265 section 4.1.1   |
 * | `json`   | a text in a JSON body  | the text, for `JSON.stringify` to write                  |
 */
export function fillTemplate(template: string, values: Values, place: Place): Filled {
  const { refuse, write, whole } = PLACES[place];
  for (const name of namesIn(template)) {
    const value = valueAt(values, name);
    if (value === undefined) continue;
    const what = value === '' ? 'nothing' : refuse(value);
    if (what !== undefined) return { kind: 'misfit', name, what };
  }
  const text = template.replaceAll(NAME, (braces, name: string) => {
    const value = valueAt(values, name);
    return value === undefined ? braces : write(value);
  });
  const astray = place === 'path' ? astrayIn(template, text, values) : undefined;
  if (astray !== undefined) return { kind: 'misfit', name: astray, what: DOTS };
  return { kind: 'filled', text: whole(text) };
}

/** Names in braces, of whatever it is. */
export const namesIn = (template: string): string[] =>
  [...template.matchAll(NAME)].map(([, name = '']) => name);

const NAME = /\{([\w.-]+)\}/g;

const valueAt = (values: Values, name: string): string | undefined =>
  Object.hasOwn(values, name) ? values[name] : undefined;

const same = (text: string): string => text;

/** UTF-8 cannot hold half a pair. */
const halfPair = (value: string): string | undefined =>
  value.isWellFormed() ? undefined : 'half of a surrogate pair';

const unless =
  (pattern: RegExp, what: string) =>
  (value: string): string | undefined =>
    pattern.test(value) ? undefined : what;

/** Percent-encoded once; of what a source itself says, half a pair becomes U+FFFD. */
const encoded = (text: string): string => encodeURIComponent(text.toWellFormed());

const formEncoded = (text: string): string =>
  new URLSearchParams([['', text]]).toString().slice(1);

const PLACES = {
  path: { refuse: halfPair, write: encoded, whole: same },
  query: { refuse: halfPair, write: same, whole: encoded },
  form: { refuse: halfPair, write: same, whole: formEncoded },
  json: { refuse: () => undefined, write: same, whole: same },
  header: {
    refuse: unless(
      /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/,
      'a line break, a blank at its edge or another character that a header cannot carry',
    ),
    write: same,
    whole: same,
  },
  cookie: {
    refuse: unless(
      /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/,
      'a blank, a comma, a semicolon or another character that a cookie cannot carry',
    ),
    write: same,
    whole: same,
  },
} as const;

const DOTS = 'dots that lead to another place of the path';

/**
 * The name whose value makes a segment of the path `.` or `..`, which every client resolves; such
 * dots have no other way of being written. No value as it is written ends a segment.
 */
function astrayIn(template: string, text: string, values: Values): string | undefined {
  const written = segmentsOf(text);
  for (const [index, segment] of segmentsOf(template).entries()) {
    const name = namesIn(segment).find((one) => valueAt(values, one) !== undefined);
    if (name !== undefined && /^(?:\.|%2e){1,2}$/i.test(written[index] ?? '')) return name;
  }
  return undefined;
}

const segmentsOf = (path: string): string[] => (path.split('?', 1)[0] ?? '').split(/[/\\]/);
