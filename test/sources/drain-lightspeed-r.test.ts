import { afterEach, describe, expect, it } from 'vitest';
import type { Source, Stream } from '../../shared/core/source/source.ts';
import { withTokens } from '../../shared/ports/secrets/secrets.ts';
import v3 from '../../sources/lightspeed-r.ts';
import legacy from '../../sources/lightspeed-r-legacy.ts';
import { allQuirks, lightspeedR, type RSeriesOptions } from '../apis/lightspeed-r.ts';
import { rotatingTokens } from '../apis/oauth.ts';
import { disturbed, expectCareful, leaking, openWorld, withStreams } from './harness.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** Lengths at which pages of 100 begin, end, hold one row or none. */
const LENGTHS = [250, 0, 1, 100, 101, 2, 200, 37, 99, 3];

const pathOf = ({ path }: Stream): string => path.replace(/\.json$/, '');

const rowsOf = (source: Source): Record<string, number> =>
  Object.fromEntries(
    source.streams.map((stream, index) => [pathOf(stream), LENGTHS[index % LENGTHS.length] ?? 0]),
  );

/** What the server lists for a stream's own query. */
function queryOf({ query }: Stream): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) parameters.set(name, String(value));
  return parameters.toString();
}

interface AccountOptions extends Partial<RSeriesOptions> {
  /** Happens at the n-th request. */
  readonly disturbance?: (request: number, nowMs: number) => void;
}

async function account(source: Source, options: AccountOptions = {}) {
  const { disturbance = () => {}, ...asked } = options;
  const nowMs = Date.now();
  const auth = rotatingTokens(nowMs);
  const fast = { size: 90, leakPerSecond: 200, burstLimit: 60 };
  const rows = rowsOf(source);
  const model = lightspeedR({ rows, quirks: allQuirks, ...fast, auth, ...asked });
  const owned = {
    accountId: '190211',
    clientName: 'lake',
    clientId: auth.clientId,
    clientSecret: auth.clientSecret,
  };
  const tokens = { ...auth.first, obtainedAtMs: nowMs, expiresAtMs: nowMs + 1_800_000 };
  const world = await openWorld(leaking(source, 200), disturbed(model, disturbance), {
    secrets: withTokens(owned, tokens),
  });
  open.push(world.close);
  return { ...world, auth };
}

type Account = Awaited<ReturnType<typeof account>>;

const current = ({ model, source }: Account, name: string): string[] => {
  const stream = source.streams.find((one) => one.name === name);
  return stream ? model.records(pathOf(stream), queryOf(stream)) : [];
};

async function expectWhole(world: Account): Promise<void> {
  for (const { name } of world.source.streams) {
    expect(await world.published(name), name).toEqual(current(world, name));
  }
}

const idsOf = (lines: readonly string[]): string[] =>
  lines.map((line) => /ID":"(\d+)"/.exec(line)?.[1] ?? '').sort((a, b) => Number(a) - Number(b));

describe.each([v3, legacy])('$name on the real machines', (source) => {
  it('lands every stream byte for byte with all the quirks of the API', async () => {
    const world = await account(source);
    const run = await world.run();
    expect(run.ended).toMatchObject({ kind: 'succeeded' });
    await expectWhole(world);
    for (const { name } of source.streams) {
      expect(run.streams[name], name).toMatchObject({ status: 'done', throttled: 0 });
      expect(run.streams[name]?.cause, name).toBeUndefined();
    }
    expectCareful(world);
  });

  it('lands it all through faults that pass', async () => {
    const some = withStreams(source, 'items', 'sales', 'sale_lines', 'vendors', 'shops');
    const world = await account(some, { faults: { rate: 0.3, seed: 6, mostInARow: 2 } });
    const run = await world.run();
    expect(run.ended).toMatchObject({ kind: 'succeeded' });
    await expectWhole(world);
    expect(world.events.filter(({ kind }) => kind === 'fault')).not.toHaveLength(0);
    expectCareful(world);
  });

  it('takes a change of size and rate in the middle of a run', async () => {
    const some = withStreams(source, 'items', 'item_shops', 'customers', 'categories');
    const world = await account(some, {
      rows: { Item: 4000, ItemShop: 3000, Customer: 2000, Category: 150 },
      quirks: { ...allQuirks, olderHeaders: false },
      burstLimit: 1000,
      changes: [
        { atRequest: 15, size: 20, leakPerSecond: 150 },
        { atRequest: 60, size: 180, leakPerSecond: 400 },
      ],
    });
    const run = await world.run();
    expect(run.ended).toMatchObject({ kind: 'succeeded' });
    await expectWhole(world);
    expect(world.model.stats().violations).toEqual([]);
    // The size was cut below a level that had been allowed: one stream may learn of it by a refusal.
    expect(world.model.stats().refused).toBeLessThanOrEqual(2);
  });

  it('renews its tokens once when they die in the middle of a run', async () => {
    const some = withStreams(source, 'items', 'customers');
    const world = await account(some, {
      rows: { Item: 900, Customer: 700 },
      disturbance: (request) => request === 7 && world.auth.expireAll(),
    });
    const run = await world.run();
    expect(run.ended).toMatchObject({ kind: 'succeeded' });
    await expectWhole(world);
    expect(world.auth.seen()).toEqual({ refreshes: 1, refused: 0, violations: [] });
    const stored = world.secrets.get(source.name)?.['refreshToken'];
    expect(stored).not.toBe(world.auth.first.refreshToken);
    expectCareful(world);
  });

  it('reads what changed, the last second again, and nothing else', async () => {
    const world = await account(withStreams(source, 'items', 'tags'), {
      rows: { Item: 252, Tag: 4 },
    });
    await world.run();
    const nowMs = Date.now();
    for (const id of ['7', '130', '250']) world.model.touch('Item', id, nowMs);
    world.model.append('Item', 2, nowMs);
    const run = await world.run();
    const items = await world.published('items');
    expect(run.streams['items']).toMatchObject({ status: 'done', records: 7 });
    // 250, 251 and 252 had the last second together.
    expect(idsOf(items)).toEqual(['7', '130', '250', '251', '252', '253', '254']);
    expect(current(world, 'items')).toEqual(expect.arrayContaining([...items]));
    // What cannot be asked for by time is read whole.
    expect(await world.published('tags')).toEqual(current(world, 'tags'));
    expectCareful(world);
  });

  it('reads everything again when it is asked to', async () => {
    const world = await account(withStreams(source, 'items'), { rows: { Item: 130 } });
    await world.run();
    const run = await world.run({ fullRefresh: true });
    expect(run.streams['items']).toMatchObject({ status: 'done', records: 130 });
    await expectWhole(world);
  });
});

describe('R-Series data that changes while it is read', () => {
  const items = withStreams(v3, 'items');

  it('is whole after the next run', async () => {
    const world = await account(items, {
      rows: { Item: 450 },
      disturbance: (request, nowMs) => {
        if (request !== 3) return;
        for (const id of ['1', '150', '444']) world.model.touch('Item', id, nowMs);
        world.model.append('Item', 3, nowMs);
      },
    });
    await world.run();
    const first = await world.published('items');
    await world.run();
    const known = new Set([...first, ...(await world.published('items'))]);
    for (const line of current(world, 'items')) expect(known).toContain(line);
    expectCareful(world);
  });

  it('cannot keep a run going, and is whole after the next run', async () => {
    let changing = true;
    const world = await account(items, {
      rows: { Item: 300 },
      disturbance: (request, nowMs) => {
        if (!changing) return;
        if (request > 50) throw new Error('the run goes on and on');
        // Every row changes between two requests, always later than the run's start.
        for (const { id } of allItems) world.model.touch('Item', id, nowMs + 1000 * request);
      },
    });
    const allItems = Array.from({ length: 300 }, (_, index) => ({ id: String(index + 1) }));
    const run = await world.run();
    expect(run.streams['items']).toMatchObject({ status: 'done', pages: 1 });
    const first = await world.published('items');
    changing = false;
    for (const { id } of allItems) world.model.touch('Item', id, Date.now());
    await world.run();
    const known = new Set([...first, ...(await world.published('items'))]);
    for (const line of current(world, 'items')) expect(known).toContain(line);
  });
});
