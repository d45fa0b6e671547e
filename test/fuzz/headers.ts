// Response headers x limits: whatever an API says of its limits, no time is NaN, negative or absurd,
// and no word of a limit is one that a budget could not live with.

import { readdirSync, readFileSync } from 'node:fs';
import { readLimitReports } from '../../shared/core/answer/headers.ts';
import { retryAfterMs } from '../../shared/core/answer/retry-after.ts';
import { parseLinks } from '../../shared/core/page/link.ts';
import type { Random } from '../apis/data.ts';
import { presetLimits } from '../core/answer/every-preset.ts';
import { chance, damaged, oneOf } from './mutate.ts';

const folder = new URL('../apis/headers/', import.meta.url);
/** Header lines of the corpus of test vectors. */
const KNOWN: readonly (readonly [name: string, value: string])[] = readdirSync(folder).flatMap(
  (file) => headersIn(JSON.parse(readFileSync(new URL(file, folder), 'utf8'))),
);

export function readAnyHeaders(random: Random): void {
  const nowMs = Date.UTC(2026, 10, 21) + random.below(1e9);
  const headers = anyHeaders(random);
  const [, limits = []] = presetLimits[random.below(presetLimits.length)] ?? [];
  for (const word of readLimitReports(limits, headers, nowMs)) {
    for (const [field, value] of Object.entries(word)) {
      if (field === 'kind') continue;
      if (!Number.isFinite(value) || Number(value) < 0) throw wrong(field, value, headers);
    }
  }
  const body = chance(random, 0.3)
    ? new TextEncoder().encode(`{"retry-after":${headers['x-left'] ?? 'x'}}`)
    : undefined;
  const until = retryAfterMs(headers, nowMs, body);
  if (until !== undefined && !(until > nowMs && Number.isSafeInteger(until))) {
    throw wrong('retry-after', until, headers);
  }
  for (const link of parseLinks(headers['link'] ?? '') ?? []) {
    if (typeof link.target !== 'string') throw wrong('link', link, headers);
  }
}

/** A few headers, in lower case; most are damaged forms of real ones. */
export function anyHeaders(random: Random): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let left = random.below(6); left > 0; left--) {
    const [name, value] = KNOWN[random.below(KNOWN.length)] ?? ['retry-after', '1'];
    headers[name] = chance(random, 0.5) ? value : damagedText(random, value);
  }
  if (chance(random, 0.2)) headers['link'] = damagedText(random, LINK);
  if (chance(random, 0.3)) headers['retry-after'] = oneOf(random, TIMES);
  if (chance(random, 0.3)) headers['x-left'] = oneOf(random, TIMES);
  if (chance(random, 0.2)) headers['content-type'] = damagedText(random, 'application/json');
  return headers;
}

const LINK =
  '<https://api.example.com/rows?p=2>; rel="next", </rows?p=9>; rel=last; title="a, \\"b\\""';
const TIMES = [
  '0',
  '-1',
  '1',
  '3.5',
  '1e9',
  '86400',
  '1795219200',
  '1795219200000',
  '99999999999999999999',
  'Wed, 15 Jul 2020 15:04:05 GMT',
  'Fri, 31 Dec 9999 23:59:59 GMT',
  '2026-11-21T08:00:00Z',
  'NaN',
  'Infinity',
  '',
  ' ',
  '0x10',
  '1,2',
  'soon',
  '60;w=1',
  '12/40',
  '40/0',
  '-0',
  '１２',
] as const;

/** What a socket would let through: no line breaks, Latin-1. */
const damagedText = (random: Random, text: string): string =>
  Buffer.from(damaged(random, new TextEncoder().encode(text)))
    .toString('latin1')
    .replaceAll(/[\r\n\0]/g, '');

function headersIn(value: unknown): (readonly [string, string])[] {
  if (Array.isArray(value)) return value.flatMap(headersIn);
  if (typeof value !== 'object' || value === null) return [];
  const own = Reflect.get(value, 'headers');
  const lines = Object.entries(Object(own)).map(
    ([name, text]) => [name.toLowerCase(), String(text)] as const,
  );
  return [
    ...lines,
    ...Object.entries(value).flatMap(([key, inner]) =>
      key === 'headers' ? [] : headersIn(inner),
    ),
  ];
}

const wrong = (what: string, value: unknown, headers: object): Error =>
  new Error(`${what} is ${String(value)} for ${JSON.stringify(headers)}`);
