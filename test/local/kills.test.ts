// The drill: a run on a real process, killed with SIGKILL in all phases of its life and started
// again each time. What it leaves must be what the API holds. How much a life gets done depends on
// the machine, what it dies of does not: a run is killed while all moments are still before it.

import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readLakeTables } from '../../local/lake/lake-tables.ts';
import { seededRandom } from '../../shared/ports/random.ts';
import { cleanUpWorkplaces, type Workplace, workplace } from './command.ts';
import { MOMENTS, type Moment } from './moments.ts';
import { declared, linesUnder, manifestsOf, openShop, type Shop, writeSource } from './shop.ts';

cleanUpWorkplaces();

const SEED = 20_261_122;
const KILLS = 30;

/** Rows of each list: the last page is short, empty or full, as it happens. */
const LISTS = { offset: 153, page: 140, 'cursor-body': 160, keyset: 148 } as const;
const KINDS = ['offset', 'page', 'cursor-body', 'keyset'] as const;
const COPIES = 6;
const CONCURRENCY = 2;
const PAGES_PER_ROUND = 4;
/** Pages that the rounds of one life have fetched and not landed, at most. */
const IN_HAND = CONCURRENCY * PAGES_PER_ROUND;

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
  limits: [declared(LIMIT)],
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

/** Pages that one life asked for, and others before it. */
function askedAgain(asked: readonly string[], bornAt: number): number {
  const before = new Set(asked.slice(0, bornAt));
  // A set: the last request of a killed process may come when the next one is born.
  return [...new Set(asked.slice(bornAt))].filter((target) => before.has(target)).length;
}

/**
 * Whether no page of a stream has landed. Its 14 pages, 4 batches and its end are then to come, so
 * that every moment comes as often as a kill may want.
 */
const hasAllBefore = (place: Workplace): boolean =>
  STREAMS.some(({ name }) => !existsSync(path.join(place.dir, 'lake', 'shop', name)));

it('runs that are killed thirty times end with each record once, byte for byte, in order', async () => {
  const kills = drill();
  for (const [phase, moments] of Object.entries(MOMENTS)) {
    const struck = kills.filter(({ moment }) => moments.some((one) => one === moment));
    expect({ phase, enough: struck.length >= 4 }).toEqual({ phase, enough: true });
  }
  // One run mostly bears them all.
  while (kills.length > 0) await killedRun(kills);
}, 900_000);

/** Kills a run for as long as it meets every moment, and ends it. Takes its kills from the list. */
async function killedRun(kills: Kill[]): Promise<void> {
  const shop = await openShop({ length: LISTS, window: LIMIT });
  const place = workplace();
  const file = writeSource(place, shop.url, source);
  let lives = 0;
  for (; hasAllBefore(place); lives++) {
    const kill = kills.shift();
    if (!kill) break;
    await killedLife(place, shop, file, kill);
  }
  await lastLife(place, shop, file);
  const again = shop.asked.length - new Set(shop.asked).size;
  expect(again).toBeLessThanOrEqual(lives * IN_HAND);
  expect(shop.model.stats()).toMatchObject({ refused: 0, violations: [] });
  await shop.close();
}

async function killedLife(place: Workplace, shop: Shop, file: string, kill: Kill): Promise<void> {
  const bornAt = shop.asked.length;
  const { signal, code, stderr } = await live(place, file, kill);
  const said = signal === 'SIGKILL' ? '' : stderr;
  expect({ kill, signal, code, said }).toEqual({ kill, signal: 'SIGKILL', code: null, said: '' });
  await expectWholeForReaders(place, shop);
  // All that a killed process loses is what its rounds had in hand.
  expect(askedAgain(shop.asked, bornAt)).toBeLessThanOrEqual(IN_HAND);
}

async function lastLife(place: Workplace, shop: Shop, file: string): Promise<void> {
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
}
