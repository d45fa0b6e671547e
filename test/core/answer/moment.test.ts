// Reset and retry values in all their forms, and that no text at all gives a moment out of bounds.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MomentContext, readMoment } from '../../../shared/core/answer/moment.ts';
import { THROTTLE_LONGEST_MS, THROTTLE_SHORTEST_MS } from '../../../shared/core/bounds.ts';

const NOW = Date.UTC(2026, 10, 2, 12);
const context = (more: Partial<MomentContext> = {}): MomentContext => ({ nowMs: NOW, ...more });
const imfDate = (ms: number): string => new Date(ms).toUTCString();

/** Ahead by whole seconds that are neither too near nor too far to be told as they are. */
const aheadSeconds = fc.integer({ min: 1, max: 86_400 });

describe('readMoment', () => {
  it('is none or a time to come, whatever the text, the Date, the window and the unit', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...'0123456789.,:-+eTZ GMTnov'), maxLength: 40 }),
      fc.double().map(String),
      fc.bigInt().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    );
    const context = fc.record(
      {
        nowMs: fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2090, 0) }),
        dateHeader: text,
        periodMs: fc.integer({ min: 1, max: THROTTLE_LONGEST_MS }),
        unit: fc.constant('milliseconds' as const),
      },
      { requiredKeys: ['nowMs'] },
    );
    fc.assert(
      fc.property(text, context, (value, around) => {
        const moment = readMoment(value, around);
        if (moment === undefined) return;
        expect(moment).toSatisfy(Number.isSafeInteger);
        expect(moment).toBeGreaterThanOrEqual(around.nowMs + THROTTLE_SHORTEST_MS);
        expect(new Date(moment).toISOString()).toBeTruthy();
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
          jsDate(at),
          jsDate(at).replace(/ \(.*/, ''),
          `${at / 1000}.000000`,
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

  it('reads seconds, however short the window, unless its name says milliseconds', () => {
    for (const periodMs of [1, 1_000, 60_000, 86_400_000]) {
      const seconds = context({ periodMs });
      expect(readMoment('60', seconds)).toBe(NOW + 60_000);
      expect(readMoment('45000', seconds)).toBe(NOW + 45_000_000);
      const milliseconds = context({ periodMs, unit: 'milliseconds' });
      expect(readMoment('45000', milliseconds)).toBe(NOW + 45_000);
      expect(readMoment('60', milliseconds)).toBe(NOW + THROTTLE_SHORTEST_MS);
      const epoch = { ...milliseconds, dateHeader: imfDate(NOW) };
      expect(readMoment(String(NOW + 9_000), epoch)).toBe(NOW + 9_000);
    }
  });

  it('takes no date for later than the window is long where the clocks may differ', () => {
    const minute = context({ periodMs: 60_000 });
    const date = imfDate(NOW + 3600_000);
    expect(readMoment(date, minute)).toBe(NOW + 60_000);
    expect(readMoment(date, { ...minute, dateHeader: imfDate(NOW) })).toBe(NOW + 3600_000);
    expect(readMoment(date, context())).toBe(NOW + 3600_000);
  });

  it('takes two digits of a year for the century that is nearer to now', () => {
    const eve = { nowMs: Date.UTC(2099, 11, 31, 23, 59) };
    expect(readMoment('Friday, 01-Jan-00 00:00:00 GMT', eve)).toBe(Date.UTC(2100, 0, 1));
    const morning = { nowMs: Date.UTC(2100, 0, 1) };
    const past = readMoment('Thursday, 31-Dec-99 23:59:59 GMT', morning);
    expect(past).toBe(morning.nowMs + THROTTLE_SHORTEST_MS);
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
    expect(readMoment(imfDate(NOW - 86_400_000), context())).toBe(NOW + THROTTLE_SHORTEST_MS);
    expect(readMoment(imfDate(NOW - 86_401_000), context())).toBeUndefined();
    expect(readMoment('-86400', context())).toBe(NOW + THROTTLE_SHORTEST_MS);
    expect(readMoment('-86401', context())).toBeUndefined();
  });

  it('tells a moment whole, however far ahead it is', () => {
    expect(readMoment('1000000', context())).toBe(NOW + 1e9);
    expect(readMoment('999999999', context())).toBe(NOW + 999_999_999_000);
    expect(readMoment('Fri, 31 Dec 9999 23:59:59 GMT', context())).toBe(253_402_300_799_000);
    expect(readMoment('8640000000000000', context())).toBe(8.64e15);
    expect(readMoment('8640000000000001', context())).toBeUndefined();
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

const jsDate = (ms: number): string => {
  const [name, day, month, year, time] = imfDate(ms).split(' ');
  const date = `${name?.slice(0, 3)} ${month} ${day} ${year}`;
  return `${date} ${time} GMT+0000 (Coordinated Universal Time)`;
};

function asctimeDate(ms: number): string {
  const [name, day, month, year, time] = imfDate(ms).split(' ');
  return `${name?.slice(0, 3)} ${month} ${String(Number(day)).padStart(2)} ${time} ${year}`;
}
