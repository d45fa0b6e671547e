import { afterEach, describe, expect, it } from 'vitest';
import type { Source } from '../../shared/core/source/source.ts';
import v2 from '../../sources/lightspeed-x.ts';
import legacy from '../../sources/lightspeed-x-legacy.ts';
import type { FaultOptions } from '../apis/faults.ts';
import { allQuirks, lightspeedX, type XSeriesOptions } from '../apis/lightspeed-x.ts';
import { disturbed, expectCareful, openWorld, withStreams } from './harness.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

const LENGTHS = [130, 0, 1, 40, 41, 80, 3, 17];
const rowsOf = (source: Source): Record<string, number> =>
  Object.fromEntries(
    source.streams.map(({ path }, index) => [path, LENGTHS[index % LENGTHS.length] ?? 0]),
  );

interface ShopOptions extends Partial<XSeriesOptions> {
  /** Happens at the n-th request. */
  readonly disturbance?: (request: number) => void;
}

async function shop(source: Source, options: ShopOptions = {}) {
  const { disturbance = () => {}, ...asked } = options;
  const rows = rowsOf(source);
  // Far below the size that is asked for: every page is clamped, none says so.
  const pageSizes = Object.fromEntries(Object.keys(rows).map((path) => [path, 40]));
  const model = lightspeedX({ rows, pageSizes, quirks: allQuirks, ...asked });
  const secrets = { domainPrefix: 'blue', application: 'lake', token: model.accessToken };
  const world = await openWorld(source, disturbed(model, disturbance), { secrets });
  open.push(world.close);
  return world;
}

/** What the server lists for a stream, deleted rows included where they can be asked for. */
const current = (
  model: ReturnType<typeof lightspeedX>,
  { path, query, pagination }: Source['streams'][number],
) =>
  model.records(path, {
    deleted: query?.['deleted'] === true || !DELETABLE.has(path),
    order: pagination.kind === 'cursor' && path !== 'product_categories' ? 'version' : 'creation',
  });

/** The vendor's own text for "try again" is R-Series only. */
const PASSING: FaultOptions = {
  rate: 0.3,
  seed: 3,
  mostInARow: 2,
  kinds: ['bad-gateway', 'gateway-timeout', 'server-error', 'cut-off'],
};

const DELETABLE = new Set([
  'customers',
  'customer_groups',
  'outlets',
  'products',
  'registers',
  'tags',
]);
const versionOf = (line: string): bigint => BigInt(/"version":(\d+)/.exec(line)?.[1] ?? 0);
const idOf = (line: string): string => /"id":"([^"]*)"/.exec(line)?.[1] ?? '';

/** The newest line of each id. */
function newest(...runs: readonly (readonly string[])[]): string[] {
  const rows = new Map<string, string>();
  for (const line of runs.flat()) {
    const known = rows.get(idOf(line));
    if (!known || versionOf(known) < versionOf(line)) rows.set(idOf(line), line);
  }
  return [...rows.values()].sort((a, b) => (versionOf(a) < versionOf(b) ? -1 : 1));
}

describe.each([v2, legacy])('$name on the real machines', (source) => {
  it('lands every stream byte for byte with all the quirks of the API', async () => {
    const world = await shop(source);
    const run = await world.run();
    expect(run.ended).toMatchObject({ kind: 'succeeded' });
    for (const stream of world.source.streams) {
      const lines = await world.published(stream.name);
      expect(lines, stream.name).toEqual(current(world.model, stream));
      expect(run.streams[stream.name]?.cause, stream.name).toBeUndefined();
    }
    expectCareful(world);
  });

  it('lands it all through faults that pass', async () => {
    const some = withStreams(source, 'products', 'sales', 'register_sales', 'inventory_levels');
    const world = await shop(some, { faults: PASSING });
    const run = await world.run();
    expect(run.ended).toMatchObject({ kind: 'succeeded' });
    for (const stream of world.source.streams) {
      expect(await world.published(stream.name)).toEqual(current(world.model, stream));
    }
    expect(world.events.filter(({ kind }) => kind === 'fault')).not.toHaveLength(0);
    expectCareful(world);
  });
});

describe('X-Series versions', () => {
  const products = withStreams(v2, 'products');

  it('are where the next run goes on: only what changed comes, deleted rows too', async () => {
    const world = await shop(products);
    await world.run();
    const before = await world.published('products');
    const [one = '', two = ''] = [before[3], before[77]].map((line) => idOf(line ?? ''));
    world.model.touch(one);
    world.model.touch(two, { deletedAt: '2026-11-21T08:00:00Z' });
    world.model.append('products', 2);
    const run = await world.run();
    const changed = await world.published('products');
    expect(run.streams['products']).toMatchObject({ status: 'done', records: 4, pages: 2 });
    expect(changed.map(idOf).slice(0, 2)).toEqual([one, two]);
    expect(changed[1]).toContain('"deleted_at":"2026-11-21T08:00:00Z"');
    expect(newest(before, changed)).toEqual(world.model.records('products'));
    expectCareful(world);
  });

  it('bring nothing when nothing changed, and the watermark stays', async () => {
    const world = await shop(products);
    await world.run();
    const second = await world.run();
    expect(second.streams['products']).toMatchObject({ status: 'done', records: 0, pages: 1 });
    world.model.append('products', 1);
    const third = await world.run();
    expect(third.streams['products']).toMatchObject({ records: 1 });
    expectCareful(world);
  });

  it('start from nothing when everything is asked for again', async () => {
    const world = await shop(products);
    await world.run();
    await world.run({ fullRefresh: true });
    expect(await world.published('products')).toEqual(world.model.records('products'));
  });

  it('bring a row that changes during the walk again, with its newest version', async () => {
    let ids: readonly string[] = [];
    const world = await shop(products, {
      disturbance: (request) => {
        if (request === 3) for (const id of ids.slice(0, 30)) world.model.touch(id);
      },
    });
    ids = world.model.ids('products');
    await world.run();
    const lines = await world.published('products');
    expect(lines).toHaveLength(160);
    expect(newest(lines)).toEqual(world.model.records('products'));
    expectCareful(world);
  });

  it('that change faster than they are read end at the limit, and the next run goes on', async () => {
    const [stream] = products.streams;
    if (!stream) throw new Error('lightspeed-x has no products');
    const bounded: Source = { ...products, streams: [{ ...stream, maxPages: 6 }] };
    let changing = true;
    const world = await shop(bounded, {
      disturbance: (request) => {
        if (request > 50) throw new Error('the run goes on and on');
        for (const id of changing ? world.model.ids('products').slice(0, 50) : []) {
          world.model.touch(id);
        }
      },
    });
    const first = await world.run();
    expect(first.streams['products']).toMatchObject({ status: 'done', pages: 6 });
    const lines = await world.published('products');
    changing = false;
    await world.run();
    const rest = await world.published('products');
    expect(versionOf(rest[0] ?? '')).toBeGreaterThan(versionOf(lines.at(-1) ?? ''));
    expect(newest(lines, rest)).toEqual(world.model.records('products'));
    expectCareful(world);
  });
});
