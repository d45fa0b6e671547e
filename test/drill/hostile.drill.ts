// Each hostile answer at the second page of three, once and for good. A run that says it is done
// has every row once; one that fails names the cause and publishes nothing; and when the server is
// mended, the next run has every row once.

import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runSource } from '../../local/machine/run.ts';
import { silentJournal } from '../../shared/ports/journal.ts';
import { apiRequest } from '../apis/exchange.ts';
import { generic } from '../apis/generic.ts';
import { cleanUpWorkplaces, workplace } from '../local/command.ts';
import { linesUnder, manifestsOf } from '../local/shop.ts';
import { HOSTILE, type Hostile } from './hostile-answers.ts';

const ROWS = 25;
cleanUpWorkplaces();
const closing: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closing.splice(0)) await close();
});

interface Api {
  readonly url: string;
  readonly rows: readonly string[];
  /** How many more requests for a second page are answered so. */
  breakPages(times: number): void;
}

async function openApi(hostile: Hostile): Promise<Api> {
  const model = generic({ length: { 'cursor-body': ROWS } });
  let left = 0;
  const server = createServer((incoming, response) => {
    const request = apiRequest(incoming.url ?? '/');
    const { status, headers, body } = model.handle(request, Date.now());
    if (request.query.has('cursor') && left > 0) {
      left--;
      hostile(response, String(body));
    } else response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => closed(server));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    rows: model.records('cursor-body'),
    breakPages: (times) => {
      left = times;
    },
  };
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

const sourceOf = (baseUrl: string): object => ({
  name: 'hostile',
  baseUrl,
  patienceSeconds: 1,
  requestSeconds: 1,
  streams: [
    {
      name: 'rows',
      path: 'cursor-body',
      records: 'data',
      primaryKey: ['id'],
      pagination: {
        kind: 'cursor',
        from: 'next_cursor',
        param: 'cursor',
        pageSize: 10,
        sizeParam: 'limit',
      },
    },
  ],
});

function installed(api: Api) {
  const place = workplace();
  const source = path.join(place.dir, 'hostile.json');
  writeFileSync(source, JSON.stringify(sourceOf(api.url)));
  const folders = {
    lakeDir: path.join(place.dir, 'lake'),
    stateDir: path.join(place.dir, 'state'),
  };
  return {
    run: async () => {
      const report = await runSource({
        ...{ source, streams: [], ...folders, env: {}, journal: silentJournal },
        ...{ fullRefresh: false, sameData: false, signal: new AbortController().signal },
      });
      const [stream] = report.streams;
      return { status: stream?.status, cause: stream?.cause ?? '' };
    },
    /** The lines of the run that is published last. */
    published: () => {
      const manifest = manifestsOf(place, 'rows', 'hostile').at(-1);
      return manifest ? linesUnder(place, manifest.prefix) : [];
    },
  };
}

describe.concurrent('an answer that is no page', () => {
  const cases = Object.entries(HOSTILE).flatMap(([name, hostile]) => [
    { name, hostile, how: 'once', times: 1 },
    { name, hostile, how: 'for good', times: Number.POSITIVE_INFINITY },
  ]);
  it.each(cases)('loses no row and names its end: $name, $how', async ({ hostile, times }) => {
    const api = await openApi(hostile);
    const { run, published } = installed(api);
    api.breakPages(times);
    const { status, cause } = await run();
    if (status !== 'done') {
      expect({ status, cause }).toMatchObject({ status: 'failed' });
      expect(cause).toMatch(/^[^\n]{20,600}$/);
      expect(cause).not.toMatch(/undefined|\[object|NaN/);
    }
    expect(published()).toEqual(status === 'done' ? api.rows : []);
    api.breakPages(0);
    expect(await run()).toMatchObject({ status: 'done' });
    expect(published()).toEqual(api.rows);
  });
});
