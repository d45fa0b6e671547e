// Runs whose clock jumps in the middle, and runs whose disk is full. The first wait no longer than
// their limit asks for; the second say so, publish nothing, and go on when there is room.

import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { cleanUpWorkplaces, type Workplace, workplace } from '../local/command.ts';
import {
  declared,
  linesUnder,
  manifestsOf,
  openShop,
  type Shop,
  STREAMS,
  writeSource,
} from '../local/shop.ts';

cleanUpWorkplaces();
const shops: Shop[] = [];
afterAll(async () => {
  for (const shop of shops) await shop.close();
});

const LENGTH = { offset: 153, 'cursor-body': 160 };
/** 33 pages want a second window; its end comes two seconds later at the most. */
const LIMIT = { limit: 20, windowMs: 2_000 };
/** What is stuck for a jump of an hour is stuck for longer; a machine at work is slow, ms. */
const BOUND_MS = 120_000;

const preload = fileURLToPath(new URL('unlucky.ts', import.meta.url));

async function prepare(env: Readonly<Record<string, string>>) {
  const shop = await openShop({ length: LENGTH, window: LIMIT });
  shops.push(shop);
  const place = workplace();
  const file = writeSource(place, shop.url, { limits: [declared(LIMIT)] });
  const unlucky = { NODE_OPTIONS: `--import=${preload}`, ...env };
  return {
    place,
    shop,
    unlucky: () => place.startWith(unlucky, 'run', file).ended,
    lucky: () => place.run('run', file),
  };
}

function expectWhole(place: Workplace, shop: Shop): void {
  for (const stream of STREAMS) {
    const [manifest, ...more] = manifestsOf(place, stream);
    expect(more).toEqual([]);
    expect(linesUnder(place, manifest?.prefix ?? 'none')).toEqual(shop.model.records(stream));
    expect(linesUnder(place, `shop/${stream}`)).toEqual(shop.model.records(stream));
  }
}

const HOUR_MS = 3_600_000;

describe('a clock that jumps', () => {
  const jumps = [-24 * HOUR_MS, -HOUR_MS, -3_000, 3_000, HOUR_MS, 24 * HOUR_MS];
  const cases = jumps.flatMap((jumpMs) => [1, 12, 25].map((page) => ({ jumpMs, page })));
  it.each(cases)(
    'by $jumpMs ms at page $page makes no run wait for it',
    {
      timeout: BOUND_MS,
    },
    async ({ jumpMs, page }) => {
      const { place, shop, unlucky } = await prepare({ DRIPLAKE_JUMPS: `${page}#${jumpMs}` });
      const { code, stderr } = await unlucky();
      expect({ code, said: code === 0 ? '' : stderr }).toEqual({ code: 0, said: '' });
      expectWhole(place, shop);
    },
  );
});

describe('a disk that is full', () => {
  const calls = ['open', 'writeFile', 'sync', 'link', 'rename'];
  const cases = calls.flatMap((call) => [1, 2, 4].map((first) => ({ call, first })));
  it.each(cases)(
    'at the call $first of $call is told, and the run goes on when there is room',
    async ({ call, first }) => {
      const { place, shop, unlucky, lucky } = await prepare({ DRIPLAKE_FULL: `${call}#${first}` });
      const { code, signal, stderr } = await unlucky();
      expect({ code, signal }).toEqual({ code: 1, signal: null });
      expect(stderr).toMatch(/The lake \S+ can't be written: ENOSPC: .*free some space/);
      expect(stderr).not.toMatch(/^\s+at /m);
      const again = await lucky();
      expect({ code: again.code, said: again.code === 0 ? '' : again.stderr }).toEqual({
        code: 0,
        said: '',
      });
      expectWhole(place, shop);
    },
  );
});
