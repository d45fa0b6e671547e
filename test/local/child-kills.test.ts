// The drill for children: orders, their lines and the taxes of these, read by real processes that
// are killed with SIGKILL while they list, fetch, land, commit and publish, and started again.

import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { seededRandom } from '../../shared/ports/random.ts';
import { cleanUpWorkplaces, workplace } from './command.ts';
import { linesUnder, manifestsOf, writeSource } from './shop.ts';

cleanUpWorkplaces();

const KILLS = 30;
const ORDERS = 12;
const PAGE = 2;

/** How many of a list there are, by its path: of orders, of the lines of one, of their taxes. */
const COUNTS: Readonly<Record<string, (parent: number) => number>> = {
  orders: () => ORDERS,
  lines: (order) => order % 4,
  taxes: (line) => line % 3,
};

/** Ids of a list: `orders`, `lines/3`, `taxes/30`. */
function idsOf(list: string, parent: number): number[] {
  const many = COUNTS[list]?.(parent) ?? 0;
  return Array.from({ length: many }, (_, index) => parent * 10 + index + 1);
}

/** A page of a list on loopback, and where the next one starts. */
async function openService() {
  const server = createServer(({ url = '/' }, outgoing) => {
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    const [, list = '', parent = '0'] = pathname.split('/');
    const from = Number(searchParams.get('from') ?? 0);
    const ids = idsOf(list, Number(parent));
    const data = ids.slice(from, from + PAGE).map((id) => ({ id }));
    const next = from + PAGE < ids.length ? String(from + PAGE) : null;
    outgoing.writeHead(200, { 'content-type': 'application/json' });
    outgoing.end(JSON.stringify({ data, next }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') expect.fail('the service has no port');
  return { url: `http://127.0.0.1:${address.port}`, close: () => server.close() };
}

const paged = {
  records: 'data',
  pagesPerRound: 3,
  pagination: { kind: 'cursor', from: 'next', param: 'from' },
};
const childOf = (name: string, parent: string) => ({
  ...{ name, path: `${name}/{of.id}`, partitions: { parent, as: 'of' } },
  ...{ include: { of: '{of.id}' }, ...paged },
});
const source = {
  streams: [
    childOf('taxes', 'lines'),
    childOf('lines', 'orders'),
    { name: 'orders', path: 'orders', ...paged },
  ],
};

const WANTED = {
  orders: idsOf('orders', 0).map((id) => `{"id":${id}}`),
  lines: childrenOf('lines', idsOf('orders', 0)),
  taxes: childrenOf(
    'taxes',
    idsOf('orders', 0).flatMap((order) => idsOf('lines', order)),
  ),
};

function childrenOf(list: string, parents: readonly number[]): string[] {
  return parents.flatMap((of) => idsOf(list, of).map((id) => `{"of":${of},"id":${id}}`));
}

const preload = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** What a life dies of: before a file of it takes its name, or at one of the moments. */
function deaths(): Record<string, string>[] {
  const random = seededRandom(20_261_201);
  const below = (limit: number): number => Math.floor(random.next() * limit);
  return Array.from({ length: KILLS }, (_, index) => {
    const times = 1 + below(3);
    const moments = ['page is asked for', 'page is answered', 'commit asks the ledger'];
    const moment = moments[index % moments.length] ?? '';
    return index % 2 === 0
      ? {
          NODE_OPTIONS: `--import=${preload('dies-before.ts')}`,
          DRIPLAKE_DIES_BEFORE: `link#${times}`,
        }
      : {
          NODE_OPTIONS: `--import=${preload('dies-at.ts')}`,
          DRIPLAKE_DIES_AT: `${moment}#${moment.startsWith('commit') ? 1 : 2 * times}`,
        };
  });
}

it('runs of children that are killed while they list and walk end with each record once', async () => {
  const service = await openService();
  const place = workplace();
  const file = writeSource(place, service.url, source);
  let killed = 0;
  for (const death of deaths()) {
    const { signal, code, stderr } = await place.startWith(death, 'run', file).ended;
    if (signal === 'SIGKILL') killed++;
    // A life that has met nothing of what it was to die of has ended the run.
    else expect({ code, said: stderr }).toMatchObject({ code: 0 });
    if (signal !== 'SIGKILL') break;
  }
  expect(killed).toBeGreaterThanOrEqual(12);
  const last = await place.run('run', file, '--json');
  expect({ code: last.code, said: last.stderr }).toMatchObject({ code: 0 });
  for (const [stream, lines] of Object.entries(WANTED)) {
    for (const { prefix } of manifestsOf(place, stream)) {
      expect({ stream, lines: linesUnder(place, prefix) }).toEqual({ stream, lines });
    }
    expect(manifestsOf(place, stream).length).toBeGreaterThan(0);
  }
  service.close();
}, 600_000);
