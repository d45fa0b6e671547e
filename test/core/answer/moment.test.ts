// Reset and retry values in all their forms, and that no text at all gives a moment out of bounds.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MomentContext, readMoment } from '../../../shared/core/answer/moment.ts';
import { BLOCK_LONGEST_MS, BLOCK_SHORTEST_MS } from '../../../shared/core/bounds.ts';

const NOW = Date.UTC(2026, 10, 2, 12);
const context = (more: Partial<MomentContext> = {}): MomentContext => ({ nowMs: NOW, ...more });
const imfDate = (ms: number): string => new Date(ms).toUTCString();

/** Ahead by whole seconds that are neither too near nor too far to be told as they are. */
const aheadSeconds = fc.integer({ min: 1, max: 86_400 });

describe('readMoment', () => {
  it('is none or within bounds, whatever the text, the Date and the window', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...'0123456789.,:-+eTZ GMTnov'), maxLength: 40 }),
      fc.double().map(String),
      fc.bigInt().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    );
    const period = fc.option(fc.integer({ min: 1, max: BLOCK_LONGEST_MS }), { nil: undefined });
    const now = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2090, 0) });
    fc.assert(
      fc.property(text, fc.option(text, { nil: undefined }), period, now, (...args) => {
        const [value, dateHeader, periodMs, nowMs] = args;
        const moment = readMoment(value, { nowMs, dateHeader, periodMs });
        if (moment === undefined) return;
        expect(moment).toSatisfy(Number.isSafeInteger);
        expect(moment).toBeGreaterThanOrEqual(nowMs + BLOCK_SHORTEST_MS);
        expect(moment).toBeLessThanOrEqual(nowMs + BLOCK_LONGEST_MS);
      }),
      { numRuns: 5000 },
    );
  });

  it('reads one moment the same in every form that can name it', () => {
    fc.assert(
      fc.property(aheadSeconds, (seconds) => {
        const at = NOW + seconds * 1000;
        const iso = new Date(at).toISOString();
        const forms = [
          String(seconds),
          `${seconds}.000`,
          String(at / 1000),
          String(at),
          imfDate(at),
          rfc850Date(at),
          asctimeDate(at),
          iso,
          iso.slice(0, 19),
          iso.replace('T', ' ').replace('.000Z', ' UTC'),
          new Date(at + 5.5 * 3600_000).toISOString().replace('.000Z', '+05:30'),
          new Date(at - 8 * 3600_000).toISOString().replace('.000Z', '-0800'),
        ];
        for (const form of forms) expect(readMoment(form, context())).toBe(at);
      }),
    );
  });

  it('compares dates and epochs with the Date of the response, whatever our clock says', () => {
    const skewMs = fc.integer({ min: -365 * 86_400_000, max: 365 * 86_400_000 });
    fc.assert(
      fc.property(aheadSeconds, skewMs, (seconds, skew) => {
        const server = NOW + Math.round(skew / 1000) * 1000;
        const at = server + seconds * 1000;
        const dateHeader = imfDate(server);
        for (const form of [String(at), String(at / 1000), imfDate(at), rfc850Date(at)]) {
          expect(readMoment(form, context({ dateHeader }))).toBe(NOW + seconds * 1000);
        }
      }),
    );
  });

  it('reads milliseconds from now only where seconds cannot be meant', () => {
    const minute = context({ periodMs: 60_000 });
    expect(readMoment('60', minute)).toBe(NOW + 60_000);
    expect(readMoment('120', minute)).toBe(NOW + 120_000);
    expect(readMoment('45000', minute)).toBe(NOW + 45_000);
    expect(readMoment('45000', context())).toBe(NOW + 45_000_000);
    expect(readMoment('500', context({ periodMs: 60_000, periodsAhead: 10 }))).toBe(NOW + 500_000);
  });

  it('takes two digits of a year for the century that is nearer to now', () => {
    const eve = { nowMs: Date.UTC(2099, 11, 31, 23, 59) };
    expect(readMoment('Friday, 01-Jan-00 00:00:00 GMT', eve)).toBe(Date.UTC(2100, 0, 1));
    const morning = { nowMs: Date.UTC(2100, 0, 1) };
    const past = readMoment('Thursday, 31-Dec-99 23:59:59 GMT', morning);
    expect(past).toBe(morning.nowMs + BLOCK_SHORTEST_MS);
    expect(readMoment('Tuesday, 02-Nov-77 12:00:09 GMT', context())).toBeUndefined();
  });

  it('knows leap days and leap seconds', () => {
    const leap = { nowMs: Date.UTC(2028, 1, 29, 11) };
    expect(readMoment('Tue, 29 Feb 2028 12:00:00 GMT', leap)).toBe(Date.UTC(2028, 1, 29, 12));
    expect(readMoment('Sun, 29 Feb 2026 12:00:00 GMT', leap)).toBeUndefined();
    expect(readMoment('2028-02-29T11:59:60Z', leap)).toBe(Date.UTC(2028, 1, 29, 12));
    expect(readMoment('2028-02-29T11:59:61Z', leap)).toBeUndefined();
    expect(readMoment('2028-02-29T24:00:00Z', leap)).toBeUndefined();
  });

  it('reads a day without a time as its midnight in UTC', () => {
    expect(readMoment('2026-11-03', context())).toBe(Date.UTC(2026, 10, 3));
  });

  it('believes a moment up to a day in the past to be now, and none before', () => {
    expect(readMoment(imfDate(NOW - 86_400_000), context())).toBe(NOW + BLOCK_SHORTEST_MS);
    expect(readMoment(imfDate(NOW - 86_401_000), context())).toBeUndefined();
    expect(readMoment('-86400', context())).toBe(NOW + BLOCK_SHORTEST_MS);
    expect(readMoment('-86401', context())).toBeUndefined();
  });

  it('brings up to a week ahead back to a day, and believes nothing after', () => {
    expect(readMoment(String(7 * 86_400), context())).toBe(NOW + BLOCK_LONGEST_MS);
    expect(readMoment(String(7 * 86_400 + 1), context())).toBeUndefined();
    expect(readMoment(imfDate(NOW + 7 * 86_400_000), context())).toBe(NOW + BLOCK_LONGEST_MS);
  });

  it('takes the latest of joined values, and none when one of them is damaged', () => {
    expect(readMoment('3, 5,4', context())).toBe(NOW + 5000);
    const dates = [9000, 20_000].map((ms) => imfDate(NOW + ms));
    expect(readMoment(dates.join(', '), context())).toBe(NOW + 20_000);
    expect(readMoment(`7, ${dates[0]}`, context())).toBe(NOW + 9000);
    for (const text of ['3, soon', '3,', 'Mon, 02', 'Mon, 02 Nov 2026', '3 3']) {
      expect(readMoment(text, context())).toBeUndefined();
    }
  });

  it('is not slowed down by a hostile text', () => {
    const hostile = [`${'1'.repeat(50_000)}x`, ','.repeat(50_000), `Mon, ${' '.repeat(50_000)}1`];
    for (const text of hostile) expect(readMoment(text, context())).toBeUndefined();
  });
});

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

function rfc850Date(ms: number): string {
  const [, day, month, year, time] = imfDate(ms).split(' ');
  return `${DAYS[new Date(ms).getUTCDay()]}, ${day}-${month}-${year?.slice(2)} ${time} GMT`;
}

function asctimeDate(ms: number): string {
  const [name, day, month, year, time] = imfDate(ms).split(' ');
  return `${name?.slice(0, 3)} ${month} ${String(Number(day)).padStart(2)} ${time} ${year}`;
}
