// Faults of what a source asks with: URLs, what stands in braces, names of settings, and places of
// parameters in a body. Each would be sent as it stands, and be understood by nobody.

import { splitPath } from '../field-path.ts';
import { A_PARAMETER, describeNoPlace, withParameter } from './body.ts';
import { takenFields } from './credentials/credential-kinds.ts';
import type { KindInPath } from './pagination-schema.ts';
import { describeUnknown } from './partition-faults.ts';
import { inBraces } from './template/settings.ts';
import { textsOf } from './template/texts.ts';
import { variable } from './variable.ts';
import { fieldsOf, isOneOf, pick, quote, textAt } from './written.ts';

/** Faults of the source's own URLs, headers and settings. */
export function sourceRequestFaults(source: unknown): string[] {
  return [
    ...baseUrlFaults(source),
    ...headerFaults(source),
    ...settingsOnly(source, textAt(source, 'scope'), 'scope'),
    ...settingFaults(source),
  ];
}

/**
 * Faults of a stream's path, query, headers and body, and of what it includes.
 * @param at `streams[0]`
 */
export function streamRequestFaults(source: unknown, stream: unknown, at: string): string[] {
  const owner = { source, stream };
  const texts = ['query', 'headers', 'include'].flatMap((holder) =>
    fieldsOf(pick(stream, holder)).flatMap(([name, value]) =>
      textBraces(owner, value, `${at}.${holder}.${name}`),
    ),
  );
  const body = [...textsOf(pick(stream, 'body'), `${at}.body`)].flatMap(([place, text]) =>
    unknown(owner, inBraces(text, 'whole'), place),
  );
  return [
    ...pathFaults(owner, at),
    ...texts,
    ...body,
    ...secretsIncluded(source, stream, at),
    ...settingsOnly(source, textAt(stream, 'scope'), `${at}.scope`),
    ...methodFaults(stream, at),
    ...formFaults(stream, at),
    ...placeFaults(stream, at),
  ];
}

function baseUrlFaults(source: unknown): string[] {
  const baseUrl = textAt(source, 'baseUrl');
  if (baseUrl === undefined) return [];
  const url = parseTemplate(baseUrl);
  const expected = isWeb(url) ? 'a URL without a query' : 'an http or https URL';
  const fits = isWeb(url) && !url?.search && !url?.hash;
  return [
    ...(fits ? [] : [`baseUrl: expected ${expected}, got ${quote(baseUrl)}`]),
    ...settingsOnly(source, baseUrl, 'baseUrl'),
  ];
}

export const parseTemplate = (template: string): URL | null =>
  URL.parse(template.replaceAll(/\{[^{}]*\}/g, 'x'));

export const isWeb = (url: URL | null): boolean =>
  url?.protocol === 'http:' || url?.protocol === 'https:';

const headerFaults = (source: unknown): string[] =>
  fieldsOf(pick(source, 'headers')).flatMap(([name, value]) =>
    textBraces({ source }, value, `headers.${name}`),
  );

/** Every `{name}` in a path is a setting, or a number of paging that travels in the path. */
function pathFaults(owner: Owner, at: string): string[] {
  const { stream } = owner;
  const path = textAt(stream, 'path');
  if (path === undefined) return [];
  if (WHOLE_URL.test(path)) {
    return [`${at}.path: expected a path below baseUrl, not a whole URL, got ${quote(path)}`];
  }
  const paging = pick(stream, 'pagination');
  if (textAt(paging, 'in') !== 'path') return urlBraces(owner, path, `${at}.path`);
  const kind = textAt(paging, 'kind');
  if (!isOneOf(PATH_PARAMETERS, kind)) return [];
  const [place, size] = PATH_PARAMETERS[kind](paging);
  const settings = path.replaceAll(`{${place}}`, '').replaceAll(`{${size}}`, '');
  const faults = urlBraces(owner, settings, `${at}.path`);
  if (path.includes(`{${place}}`)) return faults;
  return [...faults, `${at}.path: expected {${place}} in it beside pagination.in "path"`];
}

/** A backslash is a slash in a URL. */
const WHOLE_URL = /^([a-z][a-z0-9+.-]*:[/\\]|[/\\]{2})/i;

/** A place and a size, by the kinds whose numbers may travel in the path. */
const PATH_PARAMETERS: Readonly<
  Record<KindInPath, (paging: unknown) => readonly [string, string | undefined]>
> = {
  offset: (paging) => [
    textAt(paging, 'offsetParam') ?? 'offset',
    textAt(paging, 'limitParam') ?? 'limit',
  ],
  page: (paging) => [textAt(paging, 'pageParam') ?? 'page', textAt(paging, 'sizeParam')],
};

function methodFaults(stream: unknown, at: string): string[] {
  const method = textAt(stream, 'method');
  if (method === 'POST') return [];
  const body = `${at}.body: expected method "POST" beside a body, got ${quote(method)}`;
  const paging = `${at}.pagination.in: expected method "POST" beside "body", got ${quote(method)}`;
  return [
    ...(pick(stream, 'body') === undefined ? [] : [body]),
    ...(textAt(stream, 'pagination', 'in') === 'body' ? [paging] : []),
  ];
}

/** A form is a list of pairs. */
function formFaults(stream: unknown, at: string): string[] {
  if (textAt(stream, 'bodyAs') !== 'form') return [];
  if (textAt(stream, 'method') !== 'POST') {
    return [
      `${at}.bodyAs: expected method "POST" beside a form, got ${quote(textAt(stream, 'method'))}`,
    ];
  }
  return fieldsOf(pick(stream, 'body')).flatMap(([name, value]) =>
    typeof value === 'object' ? [`${at}.body.${name}: expected one value, as a form has it`] : [],
  );
}

/** Parameters in a body, in the order in which requests get them. */
const BODY_PARAMETERS = [
  ['incremental', 'param'],
  ['incremental', 'until', 'param'],
  ['pagination', 'param'],
  ['pagination', 'pageParam'],
  ['pagination', 'offsetParam'],
  ['pagination', 'limitParam'],
  ['pagination', 'sizeParam'],
] as const;

function placeFaults(stream: unknown, at: string): string[] {
  if (textAt(stream, 'pagination', 'in') !== 'body') return [];
  if (textAt(stream, 'bodyAs') === 'form') return [];
  let body = pick(stream, 'body');
  return BODY_PARAMETERS.flatMap((place) => {
    const path = textAt(stream, ...place);
    if (path === undefined || splitPath(path).length === 0) return [];
    const expected = describeNoPlace(body, path);
    if (expected !== undefined) return [`${at}.${place.join('.')}: expected ${expected}`];
    body = withParameter(body, path, A_PARAMETER);
    return [];
  });
}

/** A name of a setting or secret is also that of a variable, and of a field of the secret. */
function settingFaults(source: unknown): string[] {
  const name = textAt(source, 'name') ?? '';
  const kind = textAt(source, 'credentials', 'kind') ?? 'none';
  const owners = new Map<string, string>();
  return ['settings', 'secrets'].flatMap((where) =>
    fieldsOf(pick(source, where)).flatMap(([setting]) => {
      const own = variable(name, setting);
      const twin = owners.get(own);
      owners.set(own, twin ?? setting);
      const why =
        own === variable(name, 'baseUrl')
          ? `${own} sends the source elsewhere`
          : takenFields(kind).includes(setting)
            ? `credentials of kind "${kind}" have this field`
            : twin && `its variable ${own} is also that of ${twin}`;
      return why ? [`${where}.${setting}: expected another name: ${why}`] : [];
    }),
  );
}

/** A text that is kept and told: no secret stands in it. */
export const settingsOnly = (
  source: unknown,
  template: string | undefined,
  at: string,
): string[] => [...urlBraces({ source }, template, at), ...secretsIn(source, template ?? '', at)];

const secretsIn = (source: unknown, template: string, at: string): string[] =>
  inBraces(template, 'url')
    .filter((name) => pick(source, 'secrets', name) !== undefined)
    .map((name) => `${at}: expected no secret here, where it would be told, got {${name}}`);

/** A row is told: no secret stands in what it includes. */
const secretsIncluded = (source: unknown, stream: unknown, at: string): string[] =>
  fieldsOf(pick(stream, 'include')).flatMap(([name, value]) =>
    typeof value === 'string' ? secretsIn(source, value, `${at}.include.${name}`) : [],
  );

/** All that stands in braces of a URL is a setting; only behind its `?` there may be JSON. */
export function urlBraces(owner: Owner, template: string | undefined, at: string): string[] {
  if (template === undefined) return [];
  const [path = ''] = template.replaceAll(/\{[^{}]*\}/g, '').split('?');
  const stray = /[{}]/.test(path)
    ? [`${at}: expected no single brace, got ${quote(template)}`]
    : [];
  return [...unknown(owner, inBraces(template, 'url'), at), ...stray];
}

export const textBraces = (owner: Owner, value: unknown, at: string): string[] =>
  typeof value === 'string' ? unknown(owner, inBraces(value, 'text'), at) : [];

/** Whose names may stand in braces: settings of a source, and values of a stream's partitions. */
interface Owner {
  readonly source: unknown;
  readonly stream?: unknown;
  /** Names of the credentials, in their texts. */
  readonly fields?: readonly string[];
}

const unknown = (
  { source, stream, fields = [] }: Owner,
  names: readonly string[],
  at: string,
): string[] =>
  names.flatMap((name) => {
    if (fields.includes(name) || pick(source, 'secrets', name) !== undefined) return [];
    const expected = describeUnknown(source, stream, name);
    return expected === undefined ? [] : [`${at}: expected ${expected}`];
  });
