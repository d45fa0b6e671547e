// Streams whose times are no ISO dates: two runs, of which the second asks for what changed since the
// first, in the words of the API.

import { afterEach, describe, expect, it } from 'vitest';
import { readSource, type Stream } from '../../shared/core/source/source.ts';
import { openWorld } from './harness.ts';
import { scripted } from './scripted-api.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

type Times = Pick<NonNullable<Stream['incremental']>, 'fieldAs' | 'as'>;

describe('a watermark that is no ISO date', () => {
  it.each<[string, Times, readonly unknown[], string]>([
    ['epoch seconds', { fieldAs: 'epoch' }, [1503435956, 1503435957], '1503435957'],
    ['epochs with a fraction', { fieldAs: 'epoch' }, ['1503435956.000247'], '1503435956.000247'],
    ['milliseconds', { fieldAs: 'epoch-ms' }, [1503435956001], '1503435956001'],
    [
      'a date of .NET',
      { fieldAs: 'dot-net', as: 'epoch-ms' },
      ['/Date(1503435956001)/'],
      '1503435956000',
    ],
    [
      'RFC 2822',
      { fieldAs: 'rfc-2822', as: 'YYYYMMDD' },
      ['3 Nov 2020 11:00:00 +0100'],
      '20201102',
    ],
    ['a pattern', { fieldAs: 'MM/DD/YYYY' }, ['12/31/2019', '01/02/2020'], '01/02/2020'],
  ])('is %s', async (_what, times, values, since) => {
    const rows = values.map((at, id) => ({ id, at }));
    const api = scripted(() => ({ body: { data: rows } }));
    const source = {
      name: 'times',
      baseUrl: 'https://times.example',
      streams: [
        {
          name: 'rows',
          path: 'rows',
          records: 'data',
          pagination: { kind: 'single' },
          primaryKey: ['id'],
          incremental: { field: 'at', param: 'since', ...times },
        },
      ],
    };
    const world = await openWorld(readSource(source, 'the test'), api);
    open.push(world.close);
    expect((await world.run()).streams['rows']).toMatchObject({ status: 'done' });
    expect((await world.run()).streams['rows']).toMatchObject({ status: 'done' });
    expect(api.asked).toEqual(['', `since=${encodeURIComponent(since)}`]);
  });
});

describe('times in braces', () => {
  it('stand in any text of a stream, each as requests write it, and in its lines', async () => {
    const seen: unknown[] = [];
    const api = scripted(({ path, rawQuery, body }) => {
      seen.push([path, decodeURIComponent(rawQuery), JSON.parse(body)]);
      return { body: { data: [{ id: 1, at: 1503435956 }] } };
    });
    const source = {
      name: 'times',
      baseUrl: 'https://times.example',
      streams: [
        {
          name: 'rows',
          path: 'rows/{today}',
          method: 'POST',
          query: { q: 'at between {from} and {to}' },
          body: { filter: { since: '{from}', asked: '{now}' } },
          records: 'data',
          pagination: { kind: 'single' },
          primaryKey: ['id'],
          include: { read_on: '{today}' },
          incremental: { field: 'at', fieldAs: 'epoch', first: '2017-08-01' },
        },
      ],
    };
    const world = await openWorld(readSource(source, 'the test'), api);
    open.push(world.close);
    await world.run();
    await world.run();
    const [first, second] = seen;
    const today = expect.stringMatching(/\d{4}-\d\d-\d\d$/);
    const at = (from: number) => [
      today,
      expect.stringMatching(new RegExp(`^q=at between ${from} and \\d{10}$`)),
      { filter: { since: from, asked: expect.stringMatching(/T\d\d:\d\d:\d\dZ$/) } },
    ];
    expect(first).toEqual(at(1501545600));
    expect(second).toEqual(at(1503435956));
    expect(await world.published('rows')).toEqual([
      expect.stringMatching(/^\{"read_on":"\d{4}-\d\d-\d\d","id":1,/),
    ]);
  });
});

describe('a first start that the owner gives', () => {
  const source = (type?: 'integer') => ({
    name: 'owned',
    baseUrl: 'https://times.example',
    settings: { startDate: 'where to start' },
    streams: [
      {
        name: 'rows',
        path: 'rows',
        records: 'data',
        pagination: { kind: 'single' },
        primaryKey: ['id'],
        incremental: {
          field: 'at',
          param: 'since',
          first: '{startDate}',
          ...(type ? { type } : { fieldAs: 'epoch' }),
        },
      },
    ],
  });

  it('is asked from, in the words of the API, and only at first', async () => {
    const api = scripted(() => ({ body: { data: [{ id: 1, at: 1503435956 }] } }));
    const secrets = { startDate: '2017-08-01' };
    const world = await openWorld(readSource(source(), 'the test'), api, { secrets });
    open.push(world.close);
    await world.run();
    await world.run();
    expect(api.asked).toEqual(['since=1501545600', 'since=1503435956']);
  });

  it.each([
    ['integer', '2017-08-01', 'no whole number'],
    [undefined, 'yesterday', 'no date or time, in ISO or as epoch'],
  ] as const)('is no start of type %s: %s', async (type, startDate, what) => {
    const api = scripted(() => ({ body: { data: [] } }));
    const read = readSource(source(type), 'the test');
    const world = await openWorld(read, api, { secrets: { startDate } });
    open.push(world.close);
    const report = (await world.run()).streams['rows'];
    expect(report?.status).toBe('failed');
    expect(report?.cause).toContain(`rows starts at {startDate}, and ${startDate} is ${what}`);
    expect(api.asked).toEqual([]);
  });
});
