import { expect, it } from 'vitest';
import { readSource } from '../../shared/core/source/source.ts';
import { type ApiModel, answer } from '../apis/exchange.ts';
import { generic } from '../apis/generic.ts';
import { openWorld } from './harness.ts';

const source = readSource(
  {
    name: 'redirected',
    baseUrl: 'https://api.example.com',
    streams: [
      {
        name: 'rows',
        path: 'rows',
        records: 'data',
        pagination: { kind: 'link', from: 'next' },
      },
    ],
  },
  'the test',
);

/** It adds a slash to the path, as many frameworks do, and links from there. */
const model: ApiModel = {
  ...generic({ length: 0 }),
  handle({ path }, nowMs) {
    if (path === '/rows') return answer(nowMs, 301, '', { Location: '/rows/' });
    if (path === '/rows/') return answer(nowMs, 200, '{"data":[1],"next":"second"}');
    if (path === '/rows/second') return answer(nowMs, 200, '{"data":[2],"next":null}');
    return answer(nowMs, 404, 'There is nothing here.');
  },
};

it('follows a relative link from where a redirect led, not from where it began', async () => {
  const world = await openWorld(source, model);
  const run = await world.run();
  await world.close();
  expect(run.streams['rows']).toMatchObject({ status: 'done', records: 2, pages: 2 });
});
