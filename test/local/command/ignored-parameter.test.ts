// An API that does not heed the parameter of what has changed: each run reads everything again, and
// nobody would know but by the bill.

import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cleanUpWorkplaces, workplace } from '../command.ts';
import { writeSource } from '../shop.ts';

cleanUpWorkplaces();

const rows = Array.from({ length: 30 }, (_, index) => ({
  id: index + 1,
  changed: new Date(Date.UTC(2026, 0, 1 + index)).toISOString(),
}));
const server = createServer((_, response) => response.end(JSON.stringify({ data: rows })));
let url = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  url = typeof address === 'object' ? `http://127.0.0.1:${address?.port}` : '';
});
afterAll(() => void server.close());

it('is told by a run and by check, once there is a watermark to ask with', async () => {
  const place = workplace();
  const file = writeSource(place, url, {
    streams: [
      {
        name: 'rows',
        path: 'rows',
        records: 'data',
        primaryKey: ['id'],
        pagination: { kind: 'single' },
        incremental: { field: 'changed', param: 'since' },
      },
    ],
  });
  const first = await place.run('run', file, '--json');
  expect(first.code).toBe(0);
  expect(JSON.parse(first.stdout).streams[0]).not.toHaveProperty('warnings');

  const second = await place.run('run', file, '--json');
  const told = /28 of 30 rows have an older changed than .* ignore the parameter since/;
  expect(second.code).toBe(0);
  expect(JSON.parse(second.stdout).streams[0].warnings).toEqual([expect.stringMatching(told)]);
  const checked = await place.run('check', file);
  expect(checked.stdout + checked.stderr).toMatch(told);
});
