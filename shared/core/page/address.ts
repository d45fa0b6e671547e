// Where the data of a stream comes from: what its watermark and the batches of its runs belong to.
// Two accounts, shops or collections differ here; how they are read makes no difference. Neither
// credentials nor values that travel in queries and headers are part of it.
//
// `https://api.example.com/v3/account/17/items` and its v4 are one address: a version is left out.
// Account 18 is another: neither a watermark nor a cursor of 17 means anything there.
// Why: docs/decisions/014-a-stream-knows-its-address.md

import type { Source, Stream } from '../source/source.ts';
import { inBraces } from '../source/template/settings.ts';
import { namesIn } from '../source/template/template.ts';
import { textsOf } from '../source/template/texts.ts';
import { addressUrl } from './request.ts';

export interface Address {
  /**
   * Host and path, settings filled in, versions left out: of `https://api.example.com/V3/Account/17`
   * it is `api.example.com/Account/17`.
   */
  readonly url: string;
  /** Digests of the settings that queries and headers carry, by name. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The field whose values are the watermark. */
  readonly field?: string;
}

/**
 * @param values of the source's settings
 * @param digest a short name of a text that does not give it away
 * @throws DriplakeError configuration, when a setting has no value or the URL is not one
 */
export function addressOf(
  source: Source,
  stream: Stream,
  values: Readonly<Record<string, string>>,
  digest: (text: string) => string,
): Address {
  const url = addressUrl(source, stream.path, values);
  const settings = carried(source, stream)
    .flatMap(namesIn)
    .flatMap((name) => {
      const value = source.settings?.[name] === undefined ? undefined : values[name];
      return value === undefined ? [] : [[name, digest(value)]];
    });
  return {
    url: placeOf(url),
    ...(settings.length === 0 ? {} : { settings: Object.fromEntries(settings) }),
    ...(stream.incremental ? { field: stream.incremental.field } : {}),
  };
}

function placeOf(url: URL): string {
  // A port of this machine names a process, not what it serves.
  const host = LOOPBACK.test(url.hostname) ? url.hostname : url.host;
  const parts = url.pathname.split('/').filter((part) => part !== '' && !VERSION.test(part));
  return [host, ...parts].join('/');
}

/**
 * What is another in `now`, as clauses for people; undefined when both are of the same data.
 * @param before absent when nothing is known of it: it counts as the same
 * @param hasWatermark whether there is one that another field would misread
 */
export function describeMove(
  before: Address | undefined,
  now: Address,
  hasWatermark: boolean,
): string | undefined {
  if (!before) return undefined;
  const names = new Set([
    ...Object.keys(before.settings ?? {}),
    ...Object.keys(now.settings ?? {}),
  ]);
  const set = [...names].filter((name) => before.settings?.[name] !== now.settings?.[name]);
  const misread = describeMisread(before, now, hasWatermark);
  const told = [
    ...(before.url === now.url ? [] : [describePlaces(before.url, now.url)]),
    ...set.map((name) => `its setting ${name} has another value`),
    ...(misread === undefined ? [] : [misread]),
  ];
  return told.length === 0 ? undefined : told.join('; ');
}

/** Without the end that both have: all streams of an account have moved alike. */
function describePlaces(before: string, now: string): string {
  const [was, is] = [before.split('/'), now.split('/')];
  while (was.length > 1 && is.length > 1 && was.at(-1) === is.at(-1)) {
    was.pop();
    is.pop();
  }
  return `its address was ${was.join('/')} and is ${is.join('/')} now`;
}

/** The clause of it that no word of a person mends: values of one field mean nothing to another. */
export function describeMisread(
  before: Address | undefined,
  now: Address,
  hasWatermark: boolean,
): string | undefined {
  if (!hasWatermark || before?.field === undefined || now.field === undefined) return undefined;
  if (before.field === now.field) return undefined;
  return `its watermark was of the field ${before.field} and is of ${now.field} now`;
}

/** `before` when its data has moved to `now`: whose watermark it is stays known. */
export const movedTo = (before: Address | undefined, now: Address): Address => ({
  ...(before?.field === undefined ? {} : { field: before.field }),
  ...now,
});

/**
 * A link that was given at `before`, at the list's URL of now. Undefined when nothing tells where
 * that is: it leads elsewhere than to the list, and more than the host has moved.
 */
export function movedLink(link: string, before: Address, list: URL): string | undefined {
  const url = new URL(link);
  const [from, at] = [placeOf(url), placeOf(list)];
  const moved = new URL(list);
  if (from !== before.url && from !== at) {
    if (pathIn(before.url) !== pathIn(at)) return undefined;
    moved.pathname = url.pathname;
  }
  moved.search = url.search;
  return moved.href;
}

const pathIn = (place: string): string => place.slice(`${place}/`.indexOf('/'));

/**
 * `V3`, `v1beta`, `2.0`, `2026-04`: what a vendor renames while the account stays. A bare number
 * may be one.
 */
const VERSION = /^(v\d+(\.\d+)*((alpha|beta)\d*)?|\d{1,3}(\.\d{1,3})+|\d{4}-\d{2}(-\d{2})?)$/i;

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Templates of what each request carries beside its address, to choose data by. */
function carried(source: Source, stream: Stream): readonly string[] {
  const headers = Object.entries({ ...source.headers, ...stream.headers });
  return [
    ...stream.path.split('?').slice(1),
    ...Object.values(stream.query ?? {}).map(String),
    ...headers.filter(([name]) => !ABOUT_US.test(name)).map(([, value]) => value),
    ...[...textsOf(stream.body, '')].flatMap(([, text]) =>
      inBraces(text, 'whole').length > 0 ? [text] : [],
    ),
  ];
}

/** Who asks, not what for. */
const ABOUT_US = /^(user-agent|authorization)$/i;
