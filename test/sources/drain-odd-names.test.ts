// Records with keys that no table can have and with cut emoji, on their whole way.

import { afterEach, describe, expect, it } from 'vitest';
import { openLakeDatabase } from '../../local/lake/query.ts';
import { readSource } from '../../shared/core/source/source.ts';
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

async function drained(lists: Readonly<Record<string, string>>) {
  const streams = Object.keys(lists).map((name) => ({
    name,
    path: name,
    records: '',
    pagination: { kind: 'single' },
  }));
  const source = readSource({ name: 'odd', baseUrl: 'https://odd.example', streams }, 'the test');
  const world = await openWorld(source, listsOf(lists));
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
