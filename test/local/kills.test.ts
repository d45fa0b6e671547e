// The drill: one run on a real process, killed with SIGKILL fifty times in all phases of its life
// and started again each time. What it leaves must be what the API holds.

import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readLakeTables } from '../../local/lake/lake-tables.ts';
import { seededRandom } from '../../shared/ports/random.ts';
import { cleanUpWorkplaces, type Workplace, workplace } from './command.ts';
import { MOMENTS, type Moment } from './moments.ts';
import { linesUnder, manifestsOf, openShop, type Shop, writeSource } from './shop.ts';

cleanUpWorkplaces();

const SEED = 20_261_122;
const KILLS = 50;

/** Rows of each list: the last page is short, empty or full, as it happens. */
const LISTS = { offset: 153, page: 140, 'cursor-body': 160, keyset: 148 } as const;
const KINDS = ['offset', 'page', 'cursor-body', 'keyset'] as const;
const COPIES = 6;
const CONCURRENCY = 2;
const PAGES_PER_ROUND = 4;

const sized = { pageSize: 10, sizeParam: 'limit' };
const PAGINATION = {
  offset: { kind: 'offset', pageSize: 10 },
  page: { kind: 'page', ...sized },
  'cursor-body': { kind: 'cursor', from: 'next_cursor', param: 'cursor', ...sized },
  keyset: { kind: 'keyset', field: 'id', param: 'since_id', ...sized },
} as const;

/** Several streams over each list; the query tells the shop which of them asks. */
const STREAMS = Array.from({ length: COPIES }, (_, copy) =>
  KINDS.map((kind) => ({ kind, name: `${kind}-${copy}` })),
).flat();

const LIMIT = { limit: 500, windowMs: 10_000 };

const source = {
  concurrency: CONCURRENCY,
  limits: [
    {
      kind: 'window',
      requests: LIMIT.limit,
      periodSeconds: LIMIT.windowMs / 1000,
      headers: { limit: 'X-RateLimit-Limit', remaining: 'X-RateLimit-Remaining' },
    },
  ],
  streams: STREAMS.map(({ kind, name }) => ({
    name,
    path: kind,
    query: { for: name },
    records: 'data',
    primaryKey: ['id'],
    pagesPerRound: PAGES_PER_ROUND,
    pagination: PAGINATION[kind],
  })),
};

interface Kill {
  readonly moment: Moment;
  /** How many times a life comes to the moment: it dies at the last. */
  readonly times: number;
}

/** All moments twice, the rest as it happens, in an order that one seed decides. */
function drill(): Kill[] {
  const random = seededRandom(SEED);
  const below = (limit: number): number => Math.floor(random.next() * limit);
  const moments = Object.values(MOMENTS).flat();
  const kills = Array.from({ length: KILLS }, (_, index) => {
    const place = index < 2 * moments.length ? index % moments.length : below(moments.length);
    const moment = moments[place] ?? 'batch is flushed';
    return { moment, times: 1 + below(mostTimes(moment)), order: random.next() };
  });
  return kills.sort((a, b) => a.order - b.order);
}

function mostTimes(moment: Moment): number {
  if (MOMENTS.finishing.some((one) => one === moment) || moment === 'start takes its seat')
    return 1;
  if (MOMENTS.starting.some((one) => one === moment)) return 6;
  return MOMENTS.pulling.some((one) => one === moment) ? 10 : 2;
}

const preload = fileURLToPath(new URL('dies-at.ts', import.meta.url));

const live = (place: Workplace, file: string, { moment, times }: Kill) =>
  place.startWith(
    { NODE_OPTIONS: `--import=${preload}`, DRIPLAKE_DIES_AT: `${moment}#${times}` },
    ...['run', file],
  ).ended;

/** What is published is whole, whatever was being written when the process died. */
async function expectWholeForReaders(place: Workplace, shop: Shop): Promise<void> {
  const published = STREAMS.filter(({ name }) => manifestsOf(place, name).length > 0);
  for (const { kind, name } of published) {
    const [manifest, ...more] = manifestsOf(place, name);
    expect(more).toEqual([]);
    expect(linesUnder(place, manifest?.prefix ?? 'none')).toEqual(shop.model.records(kind));
  }
  if (published.length === 0) return;
  const { tables, faults } = await readLakeTables(path.join(place.dir, 'lake'));
  expect(faults).toEqual([]);
  expect(tables).toHaveLength(published.length);
}

/** Requests of one life for pages that had been asked for before it. */
function askedAgain(asked: readonly string[], bornAt: number): number {
  const before = new Set(asked.slice(0, bornAt));
  return asked.slice(bornAt).filter((target) => before.has(target)).length;
}

it('a run that is killed fifty times ends with each record once, byte for byte, in order', async () => {
  const shop = await openShop({ length: LISTS, window: LIMIT });
  const place = workplace();
  const file = writeSource(place, shop.url, source);
  const kills = drill();
  for (const [phase, moments] of Object.entries(MOMENTS)) {
    const struck = kills.filter(({ moment }) => moments.some((one) => one === moment));
    expect({ phase, enough: struck.length >= 4 }).toEqual({ phase, enough: true });
  }
  for (const kill of kills) {
    const bornAt = shop.asked.length;
    const { signal, code, stderr } = await live(place, file, kill);
    const said = signal === 'SIGKILL' ? '' : stderr;
    expect({ kill, signal, code, said }).toEqual({
      kill,
      signal: 'SIGKILL',
      code: null,
      said: '',
    });
    await expectWholeForReaders(place, shop);
    // All that a killed process loses is what its rounds had in hand.
    expect(askedAgain(shop.asked, bornAt)).toBeLessThanOrEqual(CONCURRENCY * PAGES_PER_ROUND);
  }

  const last = await place.run('run', file, '--json');
  expect({ code: last.code, said: last.stderr }).toMatchObject({ code: 0 });
  const { streams } = JSON.parse(last.stdout);
  expect(streams).toEqual(
    STREAMS.map(({ name, kind }) =>
      expect.objectContaining({ stream: name, status: 'done', records: LISTS[kind] }),
    ),
  );
  await expectWholeForReaders(place, shop);
  // Not in the published runs only: the whole lake holds nothing beside them that is not hidden.
  for (const { kind, name } of STREAMS) {
    expect(linesUnder(place, `shop/${name}`)).toEqual(shop.model.records(kind));
  }
  const names = readdirSync(path.join(place.dir, 'lake'), { recursive: true, encoding: 'utf8' });
  const visible = names.map((name) => path.basename(name)).filter((name) => /\.part/.test(name));
  expect(visible.filter((name) => !name.startsWith('.'))).toEqual([]);
  const status = await place.run('status', '--json');
  expect(status.code).toBe(0);
  expect(JSON.parse(status.stdout).runs).toMatchObject([{ source: 'shop', status: 'done' }]);
  expect(shop.model.stats()).toMatchObject({ refused: 0, violations: [] });
  await shop.close();
}, 300_000);
