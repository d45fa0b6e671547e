// Records with keys that no table can have, with cut emoji, and with text that is not what its
// cast says, on their whole way.

import { afterEach, describe, expect, it } from 'vitest';
import { openLakeDatabase } from '../../local/lake/query.ts';
import { readSource, type Stream } from '../../shared/core/source/source.ts';
import { type ApiModel, answer } from '../apis/exchange.ts';
import { openWorld } from './harness.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** A list a stream, each answered whole. */
const listsOf = (lists: Readonly<Record<string, string>>): ApiModel => ({
  handle: ({ path }, nowMs) => answer(nowMs, 200, lists[path.slice(1)] ?? '[]'),
  stats: () => ({ requests: 0, allowed: 0, refused: 0, idle: 0, violations: [] }),
  spendForeign: () => {},
});

async function drained(
  lists: Readonly<Record<string, string>>,
  stream: Partial<Stream> = { pagination: { kind: 'single' } },
  handle = listsOf(lists).handle,
) {
  const streams = Object.keys(lists).map((name) => ({ name, path: name, records: '', ...stream }));
  const source = readSource({ name: 'odd', baseUrl: 'https://odd.example', streams }, 'the test');
  const world = await openWorld(source, { ...listsOf(lists), handle });
  const run = await world.run();
  const database = await openLakeDatabase(world.lakeDir);
  open.push(async () => database.close(), world.close);
  return {
    streams: run.streams,
    database,
    async ask(sql: string) {
      const rows: unknown[] = [];
      for await (const batch of (await database.query(sql)).batches) rows.push(...batch);
      return rows;
    },
  };
}

describe('a key with U+0000 in it', () => {
  const warning =
    'The key "a\\u{0}b" is no column: no table can have such a name. Its values are in the lines ' +
    'of the lake only.';

  it('spoils no table, and is named by the run and by each query', async () => {
    const lists = { good: '[{"id":7}]', rows: '[{"id":1,"a\\u0000b":1}]' };
    const { streams, database, ask } = await drained(lists);
    expect(streams['good']).not.toHaveProperty('warnings');
    expect(streams['rows']).toMatchObject({ status: 'done', warnings: [warning], cause: warning });
    expect(await ask('select 1')).toEqual([[1]]);
    expect(await ask('select id from odd.good')).toEqual([[7n]]);
    expect(await ask('select * from odd.rows')).toEqual([[1n]]);
    expect(database.faults).toEqual([`odd/rows: ${warning}`]);
  });
});

describe('half an emoji', () => {
  it('leaves whole ones and text beside it as they are', async () => {
    const rows =
      '[{"id":4,"t":"\\ud83d\\ude00 and cut \\ud83d"},{"id":6,"t":"text \\\\ud83d and \\ud83d"}]';
    const { streams, ask } = await drained({ rows });
    expect(streams['rows']).not.toHaveProperty('warnings');
    expect(await ask('select id, t from odd.rows order by id')).toEqual([
      [4n, '😀 and cut \ufffd'],
      [6n, 'text \\ud83d and \ufffd'],
    ]);
  });
});

describe('a cast', () => {
  it('that loses values, or names no column, is told with how many', async () => {
    const rows =
      '[{"id":1,"name":"n1","qty":"5"},{"id":2,"name":"n2","qty":""},{"id":3,"qty":"x"}]';
    const casts = { name: 'bigint', qty: 'bigint', nmae: 'double' } as const;
    const { streams, ask } = await drained({ rows }, { casts, pagination: { kind: 'single' } });
    const warnings = [
      'casts.name loses what it casts: 2 values are no bigint, and null in the current rows.',
      'casts.qty loses what it casts: 1 value is no bigint, and null in the current rows.',
      'casts.nmae names no column: no record has this field.',
    ];
    expect(streams['rows']).toMatchObject({ status: 'done', warnings });
    expect(await ask('select name, qty from odd.rows order by id')).toEqual([
      [null, 5n],
      [null, null],
      [null, null],
    ]);
    expect(await ask('select name from odd.rows_history where name is not null')).toHaveLength(2);
  });

  it('is counted over all batches of a run, and once where a round is repeated', async () => {
    const page = (at: number) => [1, 2, 3].map((id) => `{"id":${at + id},"name":"n"}`).join();
    const handle: ApiModel['handle'] = ({ query }, nowMs) => {
      const at = Number(query.get('offset'));
      return answer(nowMs, 200, at < 30 ? `[${page(at)}]` : '[]');
    };
    const stream: Partial<Stream> = {
      casts: { name: 'bigint' },
      pagination: { kind: 'offset', pageSize: 3 },
      pagesPerRound: 2,
    };
    const { streams } = await drained({ rows: '' }, stream, handle);
    expect(streams['rows']).toMatchObject({ records: 30, objects: 6 });
    expect(streams['rows']?.warnings).toEqual([
      'casts.name loses what it casts: 30 values are no bigint, and null in the current rows.',
    ]);
  });

  it('of objects and lists is told to have no effect', async () => {
    const rows = '[{"id":1,"tags":["a"],"size":{"x":1}}]';
    const casts = { tags: 'bigint', size: 'double' } as const;
    const { streams } = await drained({ rows }, { casts, pagination: { kind: 'single' } });
    expect(streams['rows']?.warnings).toEqual([
      'casts.tags has no effect: the field is json, and only text is cast to bigint.',
      'casts.size has no effect: the field is json, and only text is cast to double.',
    ]);
  });

  it('that fits, or has nothing to do, is not told', async () => {
    const rows = '[{"id":"1","at":null,"n":7,"t":"2026-01-02T03:04:05Z"}]';
    const casts = { id: 'bigint', at: 'timestamp', n: 'bigint', t: 'timestamp' } as const;
    const { streams } = await drained({ rows }, { casts, pagination: { kind: 'single' } });
    expect(streams['rows']).not.toHaveProperty('warnings');
    const empty = await drained({ rows: '[]' }, { casts, pagination: { kind: 'single' } });
    expect(empty.streams['rows']).not.toHaveProperty('warnings');
  });
});
