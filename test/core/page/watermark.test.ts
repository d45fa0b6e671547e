import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  asSent,
  countOlder,
  describeOlder,
  isLater,
  startingPoint,
  watermarkToKeep,
  widenWatermark,
} from '../../../shared/core/page/watermark.ts';
import type { Incremental } from '../../../shared/core/source/source.ts';
import { timeFormat } from '../../../shared/core/time/time-format.ts';

const instant: Incremental = { field: 'timeStamp', param: 'timeStamp' };
const integer: Incremental = { field: 'version', type: 'integer' };

const nowMs = Date.parse('2026-11-21T08:00:00.500Z');

const widest = (spec: Incremental, raws: readonly string[]) =>
  raws.reduce<string | undefined>((current, raw) => widenWatermark(spec, current, raw), undefined);

describe('widening a watermark', () => {
  it('compares instants, not their text', () => {
    expect(widest(instant, ['"2021-10-05T23:00:00+10:00"', '"2021-10-05T14:18:46+00:00"'])).toBe(
      '2021-10-05T14:18:46+00:00',
    );
    expect(widest(instant, ['"2021-10-05 14:18:46Z"', '"2021-10-05T14:18:46.000000001Z"'])).toBe(
      '2021-10-05T14:18:46.000000001Z',
    );
  });

  it('keeps the text of the API', () => {
    expect(widest(instant, ['"2021-10-05T14:18:46+00:00"'])).toBe('2021-10-05T14:18:46+00:00');
    expect(widest(instant, ['"2021-10-05"'])).toBe('2021-10-05');
  });

  it('compares integers of any size, as numbers and as text', () => {
    expect(widest(integer, ['9007199254740993', '"9007199254740992"', '17'])).toBe(
      '9007199254740993',
    );
    expect(widest(integer, ['9', '10'])).toBe('10');
    expect(widest(integer, ['-5', '-7'])).toBe('-5');
  });

  it.each([
    'null',
    '""',
    '"0000-00-00 00:00:00"',
    '"yesterday"',
    '1633443526',
    'true',
    '"2021-13-01"',
    '"2021-02-30T00:00:00Z"',
  ])('does not move for %s, which is no instant', (raw) =>
    expect(widenWatermark(instant, '2021-10-05', raw)).toBe('2021-10-05'),
  );

  it.each(['null', '1.5', '"a"', '1e9'])('does not move for %s, which is no integer', (raw) => {
    expect(widenWatermark(integer, '7', raw)).toBe('7');
  });

  it('does not move for a field that is absent', () => {
    expect(widenWatermark(instant, undefined, undefined)).toBeUndefined();
  });

  it('is the latest of any instants in any order and any offset', () => {
    const moment = fc.tuple(fc.integer({ min: 0, max: 4e9 }), fc.integer({ min: -14, max: 14 }));
    const text = ([seconds, hours]: [number, number]) => {
      const local = new Date((seconds + hours * 3600) * 1000).toISOString().slice(0, 19);
      return `"${local}${hours < 0 ? '-' : '+'}${String(Math.abs(hours)).padStart(2, '0')}:00"`;
    };
    fc.assert(
      fc.property(fc.array(moment, { minLength: 1 }), (moments) => {
        const latest = Math.max(...moments.map(([seconds]) => seconds));
        const found = widest(instant, moments.map(text));
        expect(Date.parse(found ?? '')).toBe(latest * 1000);
      }),
    );
  });
});

describe('settling a watermark when the run has finished', () => {
  const startedAt = '2026-11-21T08:00:00.500Z';

  it('never passes the start of the run, in the style of the API', () => {
    expect(watermarkToKeep(instant, '2099-01-01T00:00:00+00:00', startedAt)).toBe(
      '2026-11-21T08:00:00+00:00',
    );
    expect(watermarkToKeep(instant, '2099-01-01 00:00:00.123+02:00', startedAt)).toBe(
      '2026-11-21 10:00:00.000+02:00',
    );
  });

  it('is what no clock on earth shows before, where times name no zone', () => {
    const settled = (widest: string) => watermarkToKeep(instant, widest, startedAt);
    expect(settled('2099-01-01T00:00:00')).toBe('2026-11-20T20:00:00');
    expect(settled('2099-01-01')).toBe('2026-11-20');
    expect(settled('2026-11-21 03:00:00.25')).toBe('2026-11-20 20:00:00.00');
    expect(settled('2026-11-20T19:59:59')).toBe('2026-11-20T19:59:59');
  });

  it.each([
    ['America/New_York', '2026-11-21T03:00:00'],
    ['-05:00', '2026-11-21T03:00:00'],
    ['Asia/Kolkata', '2026-11-21T13:30:00'],
    ['Pacific/Kiritimati', '2026-11-21T22:00:00'],
    ['UTC', '2026-11-21T08:00:00'],
  ])('is the time on the clock of %s, where times are meant in it', (zone, expected) => {
    const settled = (widest: string) => watermarkToKeep(instant, widest, startedAt, zone);
    expect(settled('2099-01-01T00:00:00')).toBe(expected);
    expect(settled('2026-11-21T02:59:59')).toBe('2026-11-21T02:59:59');
  });

  it('is before the hour that comes twice when clocks are about to be set back', () => {
    // 1 November 2026, 06:00 UTC: 2:00 in New York becomes 1:00.
    const settled = (start: string, widest = '2099-01-01T00:00:00') =>
      watermarkToKeep(instant, widest, start, 'America/New_York');
    expect(settled('2026-11-01T05:50:00Z', '2026-11-01T01:45:00')).toBe('2026-11-01T01:00:00');
    expect(settled('2026-11-01T06:20:00Z')).toBe('2026-11-01T01:20:00');
    expect(settled('2026-11-01T02:20:00Z')).toBe('2026-10-31T22:20:00');
    expect(settled('2026-03-08T06:59:00Z')).toBe('2026-03-08T01:59:00');
  });

  it('hides no change of any account, whatever its zone, its own or none being declared', () => {
    const zones = ['America/St_Johns', 'Australia/Lord_Howe', 'Asia/Tokyo', 'Etc/GMT+12', 'UTC'];
    const zone = fc.constantFrom(...zones);
    const second = fc.integer({ min: 1.7e9, max: 1.9e9 });
    fc.assert(
      fc.property(zone, second, fc.nat(3 * 86_400), fc.boolean(), (name, start, later, told) => {
        const local = (seconds: number): string =>
          new Date(seconds * 1000).toLocaleString('sv', { timeZone: name }).replace(' ', 'T');
        const settled = watermarkToKeep(
          instant,
          local(start),
          new Date(start * 1000).toISOString(),
          told ? name : undefined,
        );
        // Further away than the clocks change, digits have grown past those of the start again.
        expect((settled ?? '') <= local(start + later)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('is left alone otherwise', () => {
    expect(watermarkToKeep(instant, '2026-11-21T07:59:59+00:00', startedAt)).toBe(
      '2026-11-21T07:59:59+00:00',
    );
    expect(watermarkToKeep(integer, '99', startedAt)).toBe('99');
    expect(watermarkToKeep(instant, undefined, startedAt)).toBeUndefined();
  });
});

describe('where a run starts', () => {
  it('is everything, then the declared first, then the watermark', () => {
    expect(startingPoint(instant, undefined, nowMs)).toBeUndefined();
    expect(startingPoint({ ...instant, first: '2024-01-01' }, undefined, nowMs)).toBe(
      '2024-01-01',
    );
    expect(startingPoint({ ...integer, first: 0 }, undefined, nowMs)).toBe('0');
    expect(startingPoint({ ...instant, first: '2024-01-01' }, '2025-05-05', nowMs)).toBe(
      '2025-05-05',
    );
  });

  it.each([
    ['2021-10-05T00:00:30+00:00', 60, '2021-10-04T23:59:30+00:00'],
    ['2021-10-05T00:00:30.123456Z', 0.5, '2021-10-05T00:00:29.123456Z'],
    ['2021-03-01 00:00:00', 86_400, '2021-02-28 00:00:00'],
    ['2021-10-05T01:00:00-0500', 3600, '2021-10-05T00:00:00-0500'],
    ['2021-10-05', 1, '2021-10-04'],
    ['2021-10-05T00:00:30+00:00', 0, '2021-10-05T00:00:30+00:00'],
  ])('reaches back from %s by %d seconds, in the same style', (stored, seconds, expected) => {
    expect(startingPoint({ ...instant, lookbackSeconds: seconds }, stored, nowMs)).toBe(expected);
  });

  it('never loses a digit of an integer', () => {
    expect(startingPoint(integer, '9223372036854775807', nowMs)).toBe('9223372036854775807');
  });
});

describe('a time of change that lies behind the start of a run', () => {
  const start = '2026-11-21T08:00:00.500Z';
  it.each([
    ['"2026-11-21T08:00:01+00:00"', true],
    ['"2026-11-21T10:00:00+02:00"', false],
    ['"2026-11-21 22:00:00.6"', false],
    ['"2026-11-21 22:00:01.6"', true],
    ['"2026-11-21T08:00:00.500Z"', false],
    ['"0000-00-00 00:00:00"', false],
    ['"soon"', false],
    ['1795248001', false],
    ['null', false],
    [undefined, false],
  ])('%s: %s', (seen, later) => {
    expect(isLater(seen, start)).toBe(later);
  });

  it('is known to the second where the zone is', () => {
    expect(isLater('"2026-11-21 03:00:00"', start, 'America/New_York')).toBe(false);
    expect(isLater('"2026-11-21 03:00:02"', start, 'America/New_York')).toBe(true);
  });
});

describe('what comes of asking for what has changed', () => {
  const older = (spec: Incremental, from: string, seen: readonly string[]) =>
    describeOlder(spec, from, countOlder(spec, from, seen));

  it('is told where the API sends what is older: it ignores the parameter', () => {
    expect(older(instant, '2026-11-20T00:00:00Z', ['"2020-01-01T00:00:00Z"'])).toMatch(
      /^1 of 1 rows have an older timeStamp than 2026-11-20T00:00:00Z.*ignore the parameter timeSt/,
    );
    const field = { ...integer, param: 'after' };
    expect(
      older(field, '9007199254740993', ['9007199254740992', '1', '9007199254740994']),
    ).toMatch(/^2 of 3 rows have an older version/);
  });

  it.each([
    ['the boundary itself', instant, '2026-11-20T08:00:00Z', ['"2026-11-20T08:00:00Z"']],
    [
      'the same day, by an API that filters by days',
      instant,
      '2026-11-20T08:00:00Z',
      ['"2026-11-20"'],
    ],
    ['a stray row', integer, '100', ['99', '101']],
    ['no rows', integer, '100', []],
    ['rows without a watermark', instant, '2026-11-20T08:00:00Z', ['null', '"soon"']],
  ] as const)('is as asked: %s', (_, spec, from, seen) => {
    expect(older(spec, from, seen)).toBeUndefined();
  });
});

describe('times that are no ISO dates', () => {
  const of = (fieldAs: string, more: Partial<Incremental> = {}): Incremental => ({
    ...instant,
    fieldAs,
    ...more,
  });

  it.each<[string, readonly string[], string]>([
    ['epoch', ['1503435956.000247', '1503435956', '999'], '1503435956.000247'],
    ['epoch-ms', ['1503435956001', '"1503435956002"'], '1503435956002'],
    [
      'dot-net',
      ['"/Date(1503435956001+0200)/"', '"/Date(1503435956000-0500)/"'],
      '/Date(1503435956001+0200)/',
    ],
    [
      'rfc-2822',
      ['"Tue, 03 Nov 2026 10:00:00 +0200"', '"3 Nov 2026 09:00:00 GMT"'],
      '3 Nov 2026 09:00:00 GMT',
    ],
    ['MM/DD/YYYY hh:mm', ['"12/31/2025 23:59"', '"01/02/2026 00:00"'], '01/02/2026 00:00'],
  ])('widens %s by what it means', (fieldAs, raws, expected) => {
    expect(widest(of(fieldAs), raws)).toBe(expected);
  });

  it.each([
    ['epoch', '"2026-01-01"'],
    ['epoch-ms', '1.5'],
    ['dot-net', '1503435956001'],
    ['rfc-2822', '"30 Feb 2026 10:00:00 GMT"'],
    ['YYYYMMDD', '"20260230"'],
    ['YYYYMMDD', '"2026013"'],
    ['MM/DD/YYYY', '"1/31/2026"'],
  ])('takes %s %s for no time', (fieldAs, raw) => {
    expect(widenWatermark(of(fieldAs), undefined, raw)).toBeUndefined();
  });

  it.each([
    ['epoch', '4102444800', '1795248000'],
    ['epoch-ms', '4102444800000', '1795248000000'],
    ['dot-net', '/Date(4102444800000)/', '/Date(1795248000000)/'],
    ['rfc-2822', 'Fri, 01 Jan 2100 00:00:00 GMT', 'Sat, 21 Nov 2026 08:00:00 GMT'],
    ['YYYY-MM-DD hh.mm', '2100-01-01 00.00', '2026-11-20 20.00'],
  ])('never keeps %s beyond the start of the run', (fieldAs, far, kept) => {
    expect(watermarkToKeep(of(fieldAs), far, '2026-11-21T08:00:00.000Z')).toBe(kept);
  });

  it('reaches back in all of them', () => {
    const back = (fieldAs: string, stored: string) =>
      startingPoint(of(fieldAs, { lookbackSeconds: 3600 }), stored, nowMs);
    expect(back('epoch', '1503435956.000247')).toBe('1503432356');
    expect(back('epoch-ms', '1503435956001')).toBe('1503432356000');
    expect(back('DD.MM.YYYY hh:mm:ss', '01.01.2026 00:30:00')).toBe('31.12.2025 23:30:00');
  });

  it('starts at a date of any format, and so many days back', () => {
    const first = (fieldAs: string | undefined, value: Incremental['first']) =>
      startingPoint(
        { ...instant, ...(fieldAs ? { fieldAs } : {}), first: value },
        undefined,
        nowMs,
      );
    expect(first('epoch', '2024-01-01')).toBe('1704067200');
    expect(first('epoch', 1704067200)).toBe('1704067200');
    expect(first(undefined, { daysAgo: 30 })).toBe('2026-10-22T08:00:00Z');
    expect(first('YYYYMMDD', { daysAgo: 30 })).toBe('20261022');
  });

  it('sends what the request wants, where the records write another', () => {
    const sent = (fieldAs: string | undefined, as: string, text: string, zone?: string) =>
      asSent({ ...instant, ...(fieldAs ? { fieldAs } : {}), as }, text, zone);
    expect(sent(undefined, 'epoch', '2026-11-03T10:00:00.9+00:00')).toBe('1793700000');
    expect(sent('epoch', 'rfc-2822', '1793700000')).toBe('Tue, 03 Nov 2026 10:00:00 GMT');
    // A clock that may be anywhere shows the third no earlier than twelve hours behind UTC.
    expect(sent('epoch', 'YYYY-MM-DD', '1793700000')).toBe('2026-11-02');
    expect(sent('epoch', 'YYYY-MM-DD', '1793700000', 'UTC')).toBe('2026-11-03');
    expect(sent('epoch', 'YYYY-MM-DD hh:mm', '1793700000', 'America/New_York')).toBe(
      '2026-11-03 05:00',
    );
    expect(sent(undefined, 'MM/DD/YYYY', '2026-11-03 02:00:00')).toBe('11/03/2026');
  });

  it('reads back what it writes, whatever the format', () => {
    const formats = [
      'epoch',
      'epoch-ms',
      'dot-net',
      'rfc-2822',
      'YYYYMMDDhhmmss',
      'hh:mm:ss, DD/MM/YYYY',
    ];
    const seconds = fc.integer({ min: Date.UTC(1900) / 1000, max: Date.UTC(2999) / 1000 });
    fc.assert(
      fc.property(fc.constantFrom(...formats), seconds, (name, at) => {
        const { read, write } = timeFormat(name);
        expect(read(write('', at))).toMatchObject({ seconds: at });
      }),
    );
  });
});
