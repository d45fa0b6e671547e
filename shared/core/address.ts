// Where the data of a stream comes from: what its watermark and the batches of its runs belong to.
// Two accounts, shops or collections differ here; how they are read makes no difference. Neither
// credentials nor values that travel in queries and headers are part of it.

import { addressUrl } from './request.ts';
import type { Source, Stream } from './source.ts';

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
  // A port of this machine names a process, not what it serves.
  const host = LOOPBACK.test(url.hostname) ? url.hostname : url.host;
  const settings = settingsIn(carried(source, stream)).flatMap((name) => {
    const value = source.settings?.[name] === undefined ? undefined : values[name];
    return value === undefined ? [] : [[name, digest(value)]];
  });
  const parts = url.pathname.split('/').filter((part) => part !== '' && !VERSION.test(part));
  return {
    url: [host, ...parts].join('/'),
    ...(settings.length === 0 ? {} : { settings: Object.fromEntries(settings) }),
    ...(stream.incremental ? { field: stream.incremental.field } : {}),
  };
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
  const misread = hasWatermark && before.field !== undefined && now.field !== undefined;
  const told = [
    ...(before.url === now.url ? [] : [`its address was ${before.url} and is ${now.url} now`]),
    ...set.map((name) => `its setting ${name} has another value`),
    ...(misread && before.field !== now.field
      ? [`its watermark was of the field ${before.field} and is of ${now.field} now`]
      : []),
  ];
  return told.length === 0 ? undefined : told.join('; ');
}

/** `V3`, `2.0`, `2026-04`: what a vendor renames while the account stays. A bare number may be one. */
const VERSION = /^(v\d+(\.\d+)*|\d{1,3}(\.\d{1,3})+|\d{4}-\d{2}(-\d{2})?)$/i;

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Templates of what each request carries beside its address, to choose data by. */
function carried(source: Source, stream: Stream): readonly string[] {
  const headers = Object.entries({ ...source.headers, ...stream.headers });
  return [
    ...stream.path.split('?').slice(1),
    ...Object.values(stream.query ?? {}).map(String),
    ...headers.filter(([name]) => !ABOUT_US.test(name)).map(([, value]) => value),
  ];
}

/** Who asks, not what for. */
const ABOUT_US = /^(user-agent|authorization)$/i;

const settingsIn = (templates: readonly string[]): string[] =>
  templates.flatMap((text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name));
