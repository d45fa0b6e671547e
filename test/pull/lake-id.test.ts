// A ledger that knows its lake: another one, or one that was emptied, would only get what is new.

import { beforeEach, expect, it } from 'vitest';
import { LAKE_KEY } from '../../shared/core/table/keys.ts';
import { manifestsOnly } from '../../shared/ports/catalogue/catalogue.ts';
import { virtualClock } from '../../shared/ports/clock-virtual.ts';
import { memoryHttp, memoryResponse } from '../../shared/ports/http/http-memory.ts';
import { memoryJournal } from '../../shared/ports/journal.ts';
import { memoryLake } from '../../shared/ports/lake/lake.ts';
import { memoryLedger } from '../../shared/ports/ledger/ledger.ts';
import { memoryTokenLock } from '../../shared/ports/ledger/token-lock.ts';
import { seededRandom } from '../../shared/ports/random.ts';
import { memorySecrets } from '../../shared/ports/secrets/secrets.ts';
import { connectSource } from '../../shared/pull/context.ts';
import { finishRun } from '../../shared/pull/finish/close.ts';
import { finishStream } from '../../shared/pull/finish/finish.ts';
import { planRun, type RunRequest } from '../../shared/pull/plan/plan.ts';
import type { Ports } from '../../shared/pull/ports.ts';
import { pullRound } from '../../shared/pull/round.ts';
import { aSource, aStream } from '../core/builders.ts';

type MemoryLake = ReturnType<typeof memoryLake>;

const ROWS = 40;
const PAGE = 10;

const source = aSource({
  streams: [
    aStream({
      name: 'rows',
      pagination: { kind: 'keyset', field: 'id', param: 'after' },
      primaryKey: ['id'],
      incremental: { field: 'id', type: 'integer' },
      pagesPerRound: 1,
    }),
  ],
});

let world: ReturnType<typeof openWorld>;
beforeEach(() => {
  world = openWorld();
});

function openWorld() {
  const clock = virtualClock(Date.UTC(2026, 10, 2));
  const ledger = memoryLedger(clock);
  const asked: string[] = [];
  let rows = ROWS;
  const http = memoryHttp(({ url }) => {
    asked.push(url);
    const after = Number(new URL(url).searchParams.get('after') ?? 0);
    const ids = Array.from({ length: rows }, (_, index) => index + 1).filter((id) => id > after);
    return memoryResponse(200, { data: ids.slice(0, PAGE).map((id) => ({ id })) });
  });
  const random = seededRandom(7);
  let runs = 0;
  const portsTo = (lake: MemoryLake): Ports => ({
    clock,
    catalogue: manifestsOnly,
    random,
    http,
    lake,
    ledger,
    secrets: memorySecrets(new Map()),
    tokenLock: memoryTokenLock(clock),
    journal: memoryJournal(),
  });
  /** A run into a lake, of so many rounds at most; the cause of its stream's failure, if it has one. */
  const run = async (lake: MemoryLake, asks: Partial<RunRequest> = {}, rounds = 100) => {
    const ports = portsTo(lake);
    const id = `run-${++runs}`;
    await clock.sleep(1_000);
    const isGone = async (): Promise<boolean> => true;
    const request = { source: source.name, ...asks };
    const plan = await planRun(ports, source, request, { id, startedAtMs: clock.nowMs(), isGone });
    const [stream] = plan.kind === 'planned' ? plan.streams : [];
    if (plan.kind !== 'planned' || !stream) return expect.fail('nothing was planned');
    const context = await connectSource(ports, source);
    const options = { timeLeftMs: () => 300_000, breakEvenSeconds: 20 };
    let outcome = await pullRound(ports, context, stream, options);
    for (let left = rounds - 1; left > 0 && outcome.kind === 'more'; left--) {
      outcome = await pullRound(ports, context, stream, options);
    }
    if (outcome.kind !== 'done') return 'cause' in outcome ? outcome.cause : undefined;
    await finishStream(ports, source, stream);
    await finishRun(ports, source, { runId: plan.runId, plans: plan.streams, ends: [] });
    return undefined;
  };
  const more = (count: number): void => {
    rows += count;
  };
  return { asked, run, more };
}

const rowsIn = (lake: MemoryLake): number =>
  [...lake.objects]
    .filter(([key]) => key.startsWith('_manifests/') && !key.endsWith('schema.json'))
    .reduce((sum, [, text]) => sum + JSON.parse(Buffer.from(text).toString()).records, 0);

it('goes on from its watermark in the lake that it is of', async () => {
  const lake = memoryLake();
  expect(await world.run(lake)).toBeUndefined();
  world.more(3);
  expect(await world.run(lake)).toBeUndefined();
  expect(rowsIn(lake)).toBe(ROWS + 3);
});

it('reads nothing into another lake, and goes on in its own', async () => {
  const [lake, other] = [memoryLake(), memoryLake()];
  await world.run(lake);
  world.more(3);
  const before = world.asked.length;
  expect(await world.run(other)).toMatch(/not in the lake memory: it is empty or new.*--full-ref/);
  await world.run(other);
  expect(world.asked.length).toBe(before);
  expect(other.objects.size).toBe(0);

  expect(await world.run(lake)).toBeUndefined();
  expect(rowsIn(lake)).toBe(ROWS + 3);
});

it('reads nothing into a lake of other runs', async () => {
  const [lake, other] = [memoryLake(), memoryLake()];
  await openWorld().run(other);
  await world.run(lake);
  await other.deleteObjects([LAKE_KEY]);
  await other.createText(LAKE_KEY, '{"id":"0123"}');
  expect(await world.run(other)).toMatch(/it is another one/);
});

it('reads nothing into its own lake without its last run', async () => {
  const lake = memoryLake();
  await world.run(lake);
  const manifests = [...lake.objects.keys()].filter((key) => key.startsWith('_manifests/'));
  await lake.deleteObjects(manifests);
  expect(await world.run(lake)).toMatch(/its last run is gone \(_manifests\//);
});

it('begins anew in another lake with a full refresh, and goes on there', async () => {
  const [lake, other] = [memoryLake(), memoryLake()];
  await world.run(lake);
  expect(await world.run(other)).toMatch(/empty or new/);
  expect(await world.run(other, { fullRefresh: true })).toBeUndefined();
  world.more(3);
  expect(await world.run(other)).toBeUndefined();
  expect(rowsIn(other)).toBe(ROWS + 3);
  expect(await world.run(lake)).toMatch(/it is another one/);
});

it('does not go on in another lake with a run that is half in the first', async () => {
  const [lake, other] = [memoryLake(), memoryLake()];
  await world.run(lake, {}, 2);
  expect(await world.run(other)).toMatch(/empty or new/);
  expect(await world.run(lake)).toBeUndefined();
  expect(rowsIn(lake)).toBe(ROWS);
  expect(world.asked).toHaveLength(new Set(world.asked).size);
});

it('agrees on the id of a lake with whoever came first', async () => {
  const lake = memoryLake();
  const { createText } = lake;
  let others = 0;
  lake.createText = async (key, text) => {
    if (key === LAKE_KEY && others++ === 0) await createText(key, '{"id":"abcd"}');
    return createText(key, text);
  };
  expect(await world.run(lake)).toBeUndefined();
  expect(await world.run(lake)).toBeUndefined();
});
