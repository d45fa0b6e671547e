// The corpus of recorded, documented and damaged headers, and properties of reading any at all.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify } from '../../../shared/core/answer/classify.ts';
import type { Headers } from '../../../shared/core/answer/exchange.ts';
import { readLimitReports, readLimits } from '../../../shared/core/answer/headers.ts';
import { retryAfterMs } from '../../../shared/core/answer/retry-after.ts';
import { THROTTLE_LONGEST_MS, THROTTLE_SHORTEST_MS } from '../../../shared/core/bounds.ts';
import { meaningOf } from '../../../shared/core/limit-report.ts';
import type { Limit } from '../../../shared/core/source/api-limits.ts';
import * as presets from '../../../shared/core/source/presets.ts';
import { presetLimits } from './every-preset.ts';
import { headerVectors, naiveClientLines } from './header-vectors.ts';

const NOW = Date.UTC(2026, 10, 2, 12);

describe('the corpus of headers', () => {
  for (const api of new Set(headerVectors.map((vector) => vector.api))) {
    describe(api, () => {
      for (const vector of headerVectors.filter((one) => one.api === api)) {
        it(vector.name, () => {
          const judged = classify(vector.answer, vector.source, vector.stream, vector.nowMs);
          const { reports, doubts } = readingOf(vector);
          if (vector.reports !== undefined) expect(reports).toEqual(vector.reports);
          expect(doubts).toEqual(vector.doubts ?? []);
          if (vector.judgement !== undefined) expect(judged.kind).toBe(vector.judgement);
          if (vector.blockedUntilMs === undefined) return;
          expect(judged.kind).toBe('throttled');
          const untilMs = judged.kind === 'throttled' ? (judged.untilMs ?? null) : undefined;
          expect(untilMs).toBe(vector.blockedUntilMs);
        });
      }
    });
  }

  it('holds at least 320 vectors, no two of an API of one name', () => {
    const names = headerVectors.map(({ api, name }) => `${api}: ${name}`);
    expect(new Set(names).size).toBe(headerVectors.length);
    expect(headerVectors.length).toBeGreaterThanOrEqual(320);
  });

  it('expects something of every vector', () => {
    const idle = headerVectors.filter(
      ({ reports, judgement, blockedUntilMs }) =>
        (reports ?? judgement ?? blockedUntilMs) === undefined,
    );
    expect(idle.filter(({ blockedUntilMs }) => blockedUntilMs === undefined)).toEqual([]);
  });

  it('covers each line of the naive-client list that headers can show', () => {
    const covered = new Set(headerVectors.flatMap(({ from }) => linesIn(from)));
    const shown = naiveClientLines.filter(({ where }) => where === 'headers');
    expect([...covered].sort((one, other) => one - other)).toEqual(shown.map(({ line }) => line));
    expect(naiveClientLines.map(({ line }) => line)).toEqual(
      Array.from({ length: 30 }, (_, index) => index + 1),
    );
  });
});

function readingOf({ answer, source, nowMs }: (typeof headerVectors)[number]) {
  const headers = answer.kind === 'fault' ? {} : answer.headers;
  return readLimits(source.limits ?? [], headers, nowMs);
}

function linesIn(from: string): readonly number[] {
  const list = /naive-client list ([\d, ]+)/.exec(from)?.[1] ?? '';
  return list === '' ? [] : list.split(',').map(Number);
}

describe('reading reports', () => {
  const everyLimit: Limit[] = presetLimits.flatMap(([, limits]) => limits);

  it('never yields NaN, a negative number or a moment out of bounds, whatever the headers', () => {
    fc.assert(
      fc.property(anyHeaders(everyLimit), (headers) => {
        for (const report of readLimitReports(everyLimit, headers, NOW)) {
          for (const [name, value] of Object.entries(report)) {
            if (name === 'kind') continue;
            expect(value).toSatisfy(Number.isSafeInteger);
            expect(value).toBeGreaterThanOrEqual(MUST_BE_POSITIVE.has(name) ? 1 : 0);
          }
          if (report.kind === 'window' && report.resetAtMs !== undefined)
            expectBounds(report.resetAtMs);
          expect(typeof meaningOf(report).isExhausted).toBe('boolean');
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('yields at most one word a limit, in their order', () => {
    fc.assert(
      fc.property(anyHeaders(everyLimit), (headers) => {
        const indexes = readLimitReports(everyLimit, headers, NOW).map(({ index }) => index);
        expect(indexes).toEqual([...new Set(indexes)].sort((one, other) => one - other));
      }),
    );
  });

  it('reads any level and size back as thousandths, never below what was said', () => {
    const units = fc.double({ min: 0.001, max: 1e6, noNaN: true }).map((n) => n.toFixed(11));
    fc.assert(
      fc.property(units, units, (level, size) => {
        const headers = { 'x-ls-api-bucket-level': `${level}/${size}` };
        const [report] = readLimitReports(presets.lightspeedR, headers, NOW);
        if (report?.kind !== 'leaky-bucket') throw new Error('no report of the bucket');
        expect(report.levelMilli).toBeGreaterThanOrEqual(Number(level) * 1000 - 1e-5);
        expect(report.levelMilli).toBeLessThan(Number(level) * 1000 + 1);
        expect(report.sizeMilli).toBeLessThanOrEqual(Number(size) * 1000 + 1e-5);
        expect(report.sizeMilli).toBeGreaterThan(Number(size) * 1000 - 1);
      }),
    );
  });

  it('takes no word from the prototype of an object', () => {
    const limits: Limit[] = [
      {
        kind: 'window',
        requests: 1,
        periodSeconds: 1,
        headers: { limit: 'constructor', remaining: '__proto__', reset: 'toString' },
      },
    ];
    expect(readLimitReports(limits, {}, NOW)).toEqual([]);
  });
});

describe('reading Retry-After', () => {
  const bytes = (text: string) => new TextEncoder().encode(text);

  it('is a moment that has not come or none, whatever the header and the body', () => {
    const value = fc.oneof(fc.string(), fc.integer().map(String), fc.json());
    fc.assert(
      fc.property(value, value, (header, body) => {
        const until = retryAfterMs({ 'retry-after': header }, NOW, bytes(body));
        if (until === undefined) return;
        expect(until).toSatisfy(Number.isSafeInteger);
        expect(until).toBeGreaterThanOrEqual(NOW + THROTTLE_SHORTEST_MS);
      }),
      { numRuns: 2000 },
    );
  });

  it('finds the field in a body under each of its spellings', () => {
    for (const name of ['retry-after', 'retry_after', 'Retry-After', 'retryAfter']) {
      expect(retryAfterMs({}, NOW, bytes(`{"${name}": 4}`))).toBe(NOW + 4000);
    }
  });

  it('is milliseconds in a field of a body that says so', () => {
    for (const name of ['retryAfterMs', 'retry_after_ms', 'retry-after-milliseconds']) {
      expect(retryAfterMs({}, NOW, bytes(`{"${name}": 4500}`))).toBe(NOW + 4500);
    }
    expect(retryAfterMs({}, NOW, bytes('{"retry_after_seconds": 4500}'))).toBe(NOW + 4_500_000);
  });

  it('looks for no time in a body that is too large to be a refusal', () => {
    const body = bytes(JSON.stringify({ 'retry-after': 4, rows: 'x'.repeat(20_000) }));
    expect(retryAfterMs({}, NOW, body)).toBeUndefined();
  });

  it('finds no time in a body that is a list, a number or null', () => {
    for (const body of ['[4]', '4', 'null', '"4"', '']) {
      expect(retryAfterMs({}, NOW, bytes(body))).toBeUndefined();
    }
  });
});

const MUST_BE_POSITIVE = new Set(['sizeMilli', 'leakMilli', 'costMilli', 'limit', 'periodMs']);

function expectBounds(moment: number): void {
  expect(moment).toBeGreaterThanOrEqual(NOW + THROTTLE_SHORTEST_MS);
  expect(moment).toBeLessThanOrEqual(NOW + THROTTLE_LONGEST_MS);
}

/** Headers that the limits listen to, with values that are nearly right and ones that are not. */
function anyHeaders(limits: readonly Limit[]): fc.Arbitrary<Headers> {
  const named = limits.flatMap((limit) =>
    'headers' in limit ? Object.values(limit.headers ?? {}) : [],
  );
  const ietf = ['ratelimit', 'ratelimit-policy', 'ratelimit-limit', 'ratelimit-remaining'];
  const names = [...named.flat().filter((name) => typeof name === 'string'), ...ietf, 'date'];
  const number = fc.oneof(
    fc.integer().map(String),
    fc.double().map(String),
    fc.bigInt().map(String),
    fc.constantFrom('-0', '1e400', 'NaN', 'Infinity', '0x1', '१२', '999999999999', '0.0001'),
  );
  const value = fc.oneof(
    fc.string(),
    number,
    fc.tuple(number, number).map(([used, limit]) => `${used}/${limit}`),
    fc.tuple(number, number).map(([q, w]) => `"a";q=${q};w=${w};r=${q};t=${w}`),
    fc.tuple(number, number).map(([one, other]) => `${one}, ${other}`),
    fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
  );
  return fc.dictionary(fc.constantFrom(...names.map((name) => name.toLowerCase())), value);
}
