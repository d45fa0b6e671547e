// Headers of a limit that no limit of the source reads, and the preset that would: an API that
// speaks, and is not listened to, is spent from blindly.

import * as z from 'zod/mini';
import type { Exchange } from '../../shared/core/answer/exchange.ts';
import { readLimitReports } from '../../shared/core/answer/headers.ts';
import { type Limit, limit } from '../../shared/core/source/api-limits.ts';
import * as presets from '../../shared/core/source/presets.ts';
import * as services from '../../shared/core/source/presets-services.ts';
import { textAt } from '../../shared/core/source/written.ts';

/** What such headers are called, in the APIs that are known. */
const OF_A_LIMIT =
  /rate-?limit|limit-info|call-limit|quota|bucket-level|burst-level|drip-rate|concurrency-limit/;

/** Those that the IETF drafts name. */
const IETF = ['', '-policy', '-limit', '-remaining', '-reset'].map((end) => `ratelimit${end}`);

const limitsIn = z.array(limit);

/** Every list of limits that has a name; those of any API come first. */
const { plain, ietf } = presets;
const PRESETS = [{ plain, ietf }, presets, services]
  .flatMap((named): [string, unknown][] => Object.entries(named))
  .flatMap(([name, value]): [string, Limit[]][] => {
    const { data } = limitsIn.safeParse(value);
    return data === undefined ? [] : [[name, data]];
  });

/**
 * One sentence; undefined when all is read.
 * @param limits all that the stream spends from
 */
export function describeUnread(
  limits: readonly Limit[],
  { headers, answeredAtMs }: Exchange,
): string | undefined {
  const read = namesOf(limits);
  const unread = Object.keys(headers).filter((name) => OF_A_LIMIT.test(name) && !read.has(name));
  if (unread.length === 0) return undefined;
  const fits = PRESETS.filter(
    ([, preset]) => readLimitReports(preset, headers, answeredAtMs).length > 0,
  ).map(([name, preset]) => {
    const names = namesOf(preset);
    return { name, reads: unread.filter((one) => names.has(one)).length };
  });
  const [best] = fits.filter(({ reads }) => reads > 0).sort((a, b) => b.reads - a.reads);
  const remedy = best ? `the preset ${best.name} would` : 'name them in headers of a limit';
  return `no limit of the source reads ${unread.join(', ')}: ${remedy}`;
}

/** The headers that limits are told by, in lower case. */
function namesOf(limits: readonly Limit[]): ReadonlySet<string> {
  const names = limits.flatMap((one) => {
    const told: Readonly<Record<string, unknown>> = 'headers' in one ? { ...one.headers } : {};
    return Object.entries(told).flatMap(([field, value]) =>
      field === 'ietf' ? IETF : [value].flat().map(nameIn),
    );
  });
  return new Set(names.map((name) => name.toLowerCase()));
}

/** A name, or what a header that says whose numbers these are is called; empty where it is none. */
const nameIn = (value: unknown): string =>
  typeof value === 'string' ? value : (textAt(value, 'header') ?? '');
