// 200 SIGKILLs of real processes, 1, 2 and 4 at a time on one state folder and one limit: whoever
// serves the ledger dies as the others do. Each is killed at a moment that the seed draws, and started
// again. The others go on, no request is refused, and every run that ends has each row once.

import { fileURLToPath } from 'node:url';
import { expect, inject, it } from 'vitest';
import { seededRandom } from '../../shared/ports/random.ts';
import { cleanUpWorkplaces, type Ended, type Workplace, workplace } from '../local/command.ts';
import { MOMENTS, type Moment } from '../local/moments.ts';
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

const LENGTH = { offset: 153, 'cursor-body': 160 };
const LIMIT = { limit: 1_000, windowMs: 10_000 };
/** How often a life comes to a moment, at most: it dies at the last. */
const timesOf = (moment: Moment): number =>
  [...MOMENTS.pulling, ...MOMENTS.landing].some((one) => one === moment) ? 6 : 1;
/** A life that does not come to its moment so often ends by itself. */
const LIVES_A_KILL = 4;

const preload = fileURLToPath(new URL('../local/dies-at.ts', import.meta.url));
const moments = Object.values(MOMENTS).flat();

it.each([
  { processes: 1, kills: 68 },
  { processes: 2, kills: 66 },
  { processes: 4, kills: 66 },
])('$kills kills of $processes processes lose no row', async ({ processes, kills }) => {
  const shop = await openShop({ length: LENGTH, window: LIMIT });
  const place = workplace();
  let left = kills;
  const names = Array.from({ length: processes }, (_, index) => `shop-${index}`);
  const drill = names.map(async (name, index) => {
    const random = seededRandom(inject('seed') + 10 * processes + index);
    const file = writeSource(place, shop.url, { name, scope: 'shop', limits: [declared(LIMIT)] });
    for (let lives = LIVES_A_KILL * kills; left > 0 && lives > 0; lives--) {
      const moment = moments[Math.floor(random.next() * moments.length)] ?? 'page is asked for';
      const times = 1 + Math.floor(random.next() * timesOf(moment));
      const env = {
        NODE_OPTIONS: `--import=${preload}`,
        DRIPLAKE_DIES_AT: `${moment}#${times}`,
      };
      const ended = await place.startWith(env, 'run', file, '--full-refresh').ended;
      if (ended.signal === 'SIGKILL') left--;
      else expectDone(ended);
      expectWhole(place, shop, name);
    }
    expectDone(await place.run('run', file, '--full-refresh'));
    expectWhole(place, shop, name);
  });
  await Promise.all(drill);
  expect(left).toBeLessThanOrEqual(0);
  expect(shop.model.stats()).toMatchObject({ refused: 0, violations: [] });
  const status = await place.run('status', '--json');
  const { streams } = JSON.parse(status.stdout);
  expect(streams.filter(({ heldBy }: { heldBy?: string }) => heldBy !== undefined)).toEqual([]);
  await shop.close();
});

function expectDone({ code, signal, stderr }: Ended): void {
  expect({ code, signal, said: code === 0 ? '' : stderr }).toEqual({
    code: 0,
    signal: null,
    said: '',
  });
}

/** The run that was published last holds each row once, in order. */
function expectWhole(place: Workplace, shop: Shop, name: string): void {
  for (const stream of STREAMS) {
    const manifest = manifestsOf(place, stream, name).at(-1);
    if (!manifest) continue;
    expect(linesUnder(place, manifest.prefix)).toEqual(shop.model.records(stream));
  }
}
