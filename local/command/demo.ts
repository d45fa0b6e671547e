// `npm start`: the whole of Driplake in a minute. Serves JSONPlaceholder on loopback behind a leaky
// bucket, syncs it through the state machines, and answers a marketing team's question with SQL.

import { openLakeDatabase } from '../lake/query.ts';
import { savedQuery } from '../lake/saved-query.ts';
import { formatRows } from '../screen/format-rows.ts';
import { count } from '../screen/text-table.ts';
import { runAndTell } from './run.ts';

const LAKE = 'lake';
const STATE = '.driplake';

/** What the marketing team asks: posts and comments of each user. */
const REPORT = 'jsonplaceholder.engagement';

const RECORDS = ['users', 'posts', 'comments', 'albums', 'photos', 'todos'];

async function main(): Promise<void> {
  const earlier = await recordsInHistory();
  say(
    `Syncing jsonplaceholder into ./${LAKE}: a state machine, a Lambda handler, a leaky bucket.\n`,
  );
  process.exitCode = await runAndTell('jsonplaceholder', { lake: LAKE, state: STATE });
  if (process.exitCode !== 0) return;
  const database = await openLakeDatabase(LAKE);
  try {
    const { title, sql } = savedQuery(REPORT);
    say(`\n${title}, by the saved query ${REPORT}:`);
    await formatRows(await database.query(sql), 'table', (text) => say(text, ''));
  } finally {
    database.close();
  }
  const history = await recordsInHistory();
  if (earlier > 0) {
    say(
      `\nThis was not the first run: these streams are snapshots, so it read all of them again. The tables`,
    );
    say(
      `show the new snapshot; ${count(earlier)} records of earlier runs are still in the _history tables (${count(history)} in all).`,
    );
  }
  say('\nNext: npx driplake query "select count(*) from jsonplaceholder.photos"');
  say('      npx driplake queries');
  say('      npx driplake export jsonplaceholder.photos --format parquet --output photos.parquet');
  say('      npx driplake status');
  say('      your own API in thirty lines: docs/sources.md');
}

/** Records of all finished runs; 0 before the first. */
async function recordsInHistory(): Promise<number> {
  try {
    const database = await openLakeDatabase(LAKE);
    try {
      const counts = RECORDS.map(
        (stream) => `select count(*) as n from jsonplaceholder.${stream}_history`,
      );
      const result = await database.query(
        `select sum(n)::varchar as n from (${counts.join(' union all ')})`,
      );
      for await (const rows of result.batches) return Number(rows[0]?.[0] ?? 0);
      return 0;
    } finally {
      database.close();
    }
  } catch {
    // No lake yet, or no finished run of all six streams: this is the first one.
    return 0;
  }
}

const say = (text: string, end = '\n'): void => void process.stdout.write(`${text}${end}`);

await main();
