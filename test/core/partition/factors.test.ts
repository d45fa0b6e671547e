import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { factorsOf } from '../../../shared/core/partition/factors.ts';
import type { Windows } from '../../../shared/core/source/partition-schema.ts';
import type { Stream } from '../../../shared/core/source/source.ts';
import { aStream } from '../builders.ts';

const startedAtMs = Date.parse('2026-03-03T10:20:30.400Z');

const factors = (stream: Partial<Stream>, from?: string, settings = {}) => [
  ...factorsOf(aStream(stream), { settings, from, startedAtMs }),
];

/** `from..to` of each window, as it is written. */
const windows = (window: Windows, from: string, zone?: string) =>
  factors({ incremental: { field: 'at', window }, zone }, from).map(
    ({ from: begin = '', to: end = '' }) => `${JSON.parse(begin)}..${JSON.parse(end)}`,
  );

describe('partitions without a parent', () => {
  it('are one without values where a stream has neither lists nor windows', () => {
    expect(factors({})).toEqual([{}]);
    expect(factors({ partitions: { parent: 'orders' } })).toEqual([{}]);
  });

  it('are the values of a list, each once and as what they are', () => {
    const partitions = { name: 'kind', values: ['a', 1, true, 'a', '1'] };
    expect(factors({ partitions })).toEqual(['"a"', '1', 'true', '"1"'].map((kind) => ({ kind })));
  });

  it('are the texts between the commas of a setting', () => {
    const partitions = { name: 'shop', setting: 'shops' };
    expect(factors({ partitions }, undefined, { shops: ' north,, south ,north' })).toEqual([
      { shop: '"north"' },
      { shop: '"south"' },
    ]);
  });

  it.each(['', ' , '])('are a fault of the setting that has none: %j', (shops) => {
    const partitions = { name: 'shop', setting: 'shops' };
    expect(() => factors({ partitions }, undefined, { shops })).toThrow(
      /The setting shops has no value; a list of 1 to 10000 with commas/,
    );
  });

  it('are each combination of lists and windows', () => {
    const partitions = [
      { name: 'a', values: [1, 2] },
      { name: 'b', values: ['x', 'y'] },
    ];
    const incremental = { field: 'at', window: { years: 1, as: 'YYYY' } };
    const all = factors({ partitions, incremental }, '2025-07-01');
    expect(all.map(({ a, b, from }) => `${a}${b}${from}`)).toEqual([
      ...['1"x""2025"', '1"x""2026"', '1"y""2025"', '1"y""2026"'],
      ...['2"x""2025"', '2"x""2026"', '2"y""2025"', '2"y""2026"'],
    ]);
  });
});

const ONE_TO_90 = fc.integer({ min: 1, max: 90 });

/** Epoch ms of an end in one of the ways above. */
const momentOf = (raw = ''): number => {
  const text = String(JSON.parse(raw));
  if (/^\d+$/.test(text)) return Number(text) * (text.length > 10 ? 1 : 1000);
  return Date.parse(text.endsWith('Z') || !text.includes('T') ? text : `${text}Z`);
};

describe('windows', () => {
  it('go from the watermark to the start in its own style, without a gap', () => {
    expect(windows({ days: 30 }, '2026-01-15T08:00:00+01:00')).toEqual([
      '2026-01-15T08:00:00+01:00..2026-02-14T08:00:00+01:00',
      '2026-02-14T08:00:00+01:00..2026-03-03T11:20:31+01:00',
    ]);
    expect(windows({ days: 365 }, '2026-01-15T08:00:00.123Z')).toEqual([
      '2026-01-15T08:00:00.000Z..2026-03-03T10:20:31.000Z',
    ]);
    expect(windows({ days: 1 }, '2026-03-02')).toEqual([
      '2026-03-02..2026-03-03',
      '2026-03-03..2026-03-04',
    ]);
  });

  it('are of calendar months and years, the first one cut', () => {
    const as = 'YYYY-MM-DD';
    expect(windows({ months: 1, as }, '2026-01-15T10:00:00Z', 'UTC')).toEqual([
      ...['2026-01-15..2026-02-01', '2026-02-01..2026-03-01', '2026-03-01..2026-03-04'],
    ]);
    expect(windows({ years: 1, as }, '2024-05-05')).toEqual([
      ...['2024-05-05..2025-01-01', '2025-01-01..2026-01-01', '2026-01-01..2026-03-04'],
    ]);
    expect(windows({ months: 3, as }, '2025-11-30')).toEqual([
      ...['2025-11-30..2026-02-01', '2026-02-01..2026-03-04'],
    ]);
  });

  it('end one unit before the next where both ends are inside', () => {
    const inclusive = true;
    expect(windows({ months: 1, as: 'YYYY-MM-DD', inclusive }, '2026-01-15')).toEqual([
      ...['2026-01-15..2026-01-31', '2026-02-01..2026-02-28', '2026-03-01..2026-03-03'],
    ]);
    expect(windows({ months: 1, as: 'YYYYMM', inclusive }, '2026-01-15')).toEqual([
      ...['202601..202601', '202602..202602', '202603..202603'],
    ]);
    expect(windows({ days: 60, as: 'epoch', inclusive }, '2026-01-15T00:00:00Z')).toEqual([
      '1768435200..1772533230',
    ]);
  });

  it.each([
    ['epoch', '1772409600..1772533231'],
    ['epoch-ms', '1772409600000..1772533230400'],
    ['MM/DD/YYYY', '03/02/2026..03/04/2026'],
    ['YYYYMMDDhhmm', '202603020000..202603031021'],
    ['YYYY-MM-DD hh:mm:ss', '2026-03-02 00:00:00..2026-03-03 10:20:31'],
  ])('are written as %s', (as, written) => {
    expect(windows({ days: 30, as }, '2026-03-02T00:00:00Z', 'UTC')).toEqual([written]);
  });

  it('reach as far as any clock on earth where times name no zone', () => {
    expect(windows({ days: 30 }, '2026-03-02 00:00:00')).toEqual([
      '2026-03-02 00:00:00..2026-03-04 00:20:31',
    ]);
    expect(windows({ days: 30 }, '2026-03-02 00:00:00', 'Australia/Sydney')).toEqual([
      '2026-03-02 00:00:00..2026-03-03 21:20:31',
    ]);
    expect(windows({ days: 30 }, '2026-03-02', '+14:00')).toEqual(['2026-03-02..2026-03-05']);
    expect(windows({ days: 30, as: 'epoch' }, '2026-03-02', '+14:00')).toEqual([
      '1772409600..1772533231',
    ]);
  });

  it('begin at the earliest that a clock can show where a watermark is written without a zone', () => {
    const as = 'YYYY-MM-DD hh:mm';
    expect(windows({ days: 30, as }, '2026-03-02T00:00:00Z', 'America/New_York')).toEqual([
      '2026-03-01 19:00..2026-03-03 05:21',
    ]);
    expect(windows({ days: 30, as }, '2026-03-02T00:00:00Z')).toEqual([
      '2026-03-01 12:00..2026-03-04 00:21',
    ]);
  });

  it('never reach into a day, month or year that is not there yet', () => {
    expect(windows({ years: 1, as: 'YYYY' }, '2026-01-01')).toEqual(['2026..2027']);
    expect(windows({ days: 1, as: 'YYYYMMDD', inclusive: true }, '2026-03-03')).toEqual([
      '20260303..20260303',
    ]);
  });

  it.each([
    ['epoch', '1772409600..1772533231'],
    ['dot-net', '/Date(1772409600000)/../Date(1772533230400)/'],
    ['rfc-2822', 'Mon, 02 Mar 2026 00:00:00 GMT..Tue, 03 Mar 2026 10:20:31 GMT'],
  ])('are written as the field is: %s', (fieldAs, written) => {
    const incremental = { field: 'at', fieldAs, window: { days: 30 } };
    const from = { 'dot-net': '/Date(1772409600000)/', epoch: '1772409600' }[fieldAs];
    const [ends] = factors({ incremental }, from ?? 'Mon, 02 Mar 2026 00:00:00 GMT');
    const plain = ['from', 'to'].map((end) => JSON.parse(ends?.[end] ?? 'null'));
    expect(plain.join('..')).toBe(written);
  });

  it('are one where the run starts before they begin', () => {
    expect(windows({ days: 1 }, '2027-01-01T00:00:00Z')).toEqual([
      '2027-01-01T00:00:00Z..2027-01-01T00:00:01Z',
    ]);
  });

  it('leave no gap and overlap nowhere, from before the watermark to behind the start', () => {
    const length = fc.record({
      what: fc.constantFrom('days', 'months', 'years'),
      many: ONE_TO_90,
    });
    const ages = fc.integer({ min: 0, max: 1_000_000_000 });
    const as = fc.constantFrom(undefined, 'epoch', 'epoch-ms', 'YYYY-MM-DDThh:mm', 'YYYY-MM-DD');
    fc.assert(
      fc.property(length, ages, as, ({ what, many }, age, as) => {
        const from = new Date(startedAtMs - age * 1000).toISOString();
        const window = { [what]: many, ...(as ? { as } : {}) };
        const all = factors({ incremental: { field: 'at', window }, zone: 'UTC' }, from);
        const ends = all.flatMap((one) => [one['from'], one['to']].map(momentOf));
        expect(ends[0]).toBeLessThanOrEqual(Date.parse(from));
        expect(ends.at(-1)).toBeGreaterThanOrEqual(startedAtMs);
        for (let at = 1; at < ends.length; at += 2) {
          expect(ends[at]).toBeGreaterThan(ends[at - 1] ?? 0);
          expect(ends[at + 1] ?? ends[at]).toBe(ends[at]);
        }
      }),
    );
  });

  it('leave out no day of a hundred years, and refuse more than a bound', () => {
    const incremental = { field: 'at', window: { days: 1, as: 'YYYY-MM-DD' } };
    const years = factors({ incremental }, '1927-01-01');
    expect(years).toHaveLength(36_222);
    expect(years.slice(1).filter(({ from }, index) => from !== years[index]?.['to'])).toEqual([]);
    expect(() => factors({ incremental }, '1226-01-01')).toThrow(
      'There are more than 36600 windows from 1226-01-01 on.',
    );
  });
});
