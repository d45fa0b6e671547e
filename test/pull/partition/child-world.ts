// A service of issues and their comments in memory, a clock that moves by hand, and whole runs of it.

import type { HttpAnswer } from '../../../shared/core/answer/exchange.ts';
import type { StreamState } from '../../../shared/core/run/run.ts';
import type { Source, Stream } from '../../../shared/core/source/source.ts';
import { readManifest } from '../../../shared/core/table/manifest.ts';
import { manifestsOnly } from '../../../shared/ports/catalogue/catalogue.ts';
import { memoryHttp, memoryResponse } from '../../../shared/ports/http/http-memory.ts';
import { memoryJournal } from '../../../shared/ports/journal.ts';
import { memoryLake } from '../../../shared/ports/lake/lake.ts';
import { memoryLedger } from '../../../shared/ports/ledger/ledger.ts';
import { memoryTokenLock } from '../../../shared/ports/ledger/token-lock.ts';
import { seededRandom } from '../../../shared/ports/random.ts';
import { memorySecrets } from '../../../shared/ports/secrets/secrets.ts';
import { connectSource } from '../../../shared/pull/context.ts';
import { finishRun, type RunOutcome } from '../../../shared/pull/finish/close.ts';
import { finishStream } from '../../../shared/pull/finish/finish.ts';
import {
  planNextWave,
  planRun,
  type RunRequest,
  type StreamEnd,
  type StreamPlan,
} from '../../../shared/pull/plan/plan.ts';
import { pullRound, type RoundOutcome } from '../../../shared/pull/round.ts';

export interface World {
  /** URLs that were asked for, path and query. */
  readonly asked: string[];
  /** From now on answers by this. */
  answer: (url: URL) => HttpAnswer;
  readonly lake: ReturnType<typeof memoryLake>;
  readonly ledger: ReturnType<typeof memoryLedger>;
  pass(minutes: number): void;
  /** A round of a stream, with so much time. */
  round(plan: StreamPlan, timeMs?: () => number): Promise<RoundOutcome>;
  /** A claim of a stream whose parents are read. */
  claim(stream: string): Promise<StreamPlan>;
  /** Does something while the ledger shows the stream as it stood once. */
  rewound<Answer>(state: StreamState, act: () => Promise<Answer>): Promise<Answer>;
  /** All waves; `between` comes before each wave but the first. */
  run(request?: Omit<RunRequest, 'source'>, between?: () => void): Promise<RunOutcome>;
  state(stream: string): Promise<StreamState>;
  /** Lines of a stream's last published run. */
  lines(stream: string): Promise<readonly string[]>;
  /** Lines of the list of the stream's last run, without what follows each piece. */
  list(stream: string): Promise<readonly string[]>;
}

/** `{"items":[...],"next":...}`, which every list of the service answers. */
export const page = (items: readonly object[], next: string | null = null): HttpAnswer =>
  memoryResponse(200, { items, next });

export const listed = (stream: Omit<Stream, 'records' | 'pagination'>): Stream => ({
  records: 'items',
  pagination: { kind: 'cursor', from: 'next', param: 'token' },
  ...stream,
});

export function childWorld(streams: readonly Stream[], more: Partial<Source> = {}): World {
  const source: Source = {
    ...{ name: 'shop', baseUrl: 'https://api.shop.example', streams: [...streams] },
    ...more,
  };
  let nowMs = Date.UTC(2026, 10, 2, 6);
  let runs = 0;
  const clock = { nowMs: () => nowMs, sleep: async () => {} };
  const [ledger, lake] = [memoryLedger(clock), memoryLake()];
  const ports = {
    ...{ clock, ledger, lake, catalogue: manifestsOnly, random: seededRandom(1) },
    http: memoryHttp(({ url }) => {
      const asked = new URL(url);
      world.asked.push(`${asked.pathname}${asked.search}`);
      return world.answer(asked);
    }),
    secrets: memorySecrets(new Map()),
    ...{ tokenLock: memoryTokenLock(clock), journal: memoryJournal() },
  };
  const world: World = {
    asked: [],
    answer: () => page([]),
    ...{ lake, ledger },
    pass(minutes) {
      nowMs += minutes * 60_000;
    },
    async round(plan, timeLeftMs = () => 300_000) {
      const context = await connectSource(ports, source);
      return pullRound(ports, context, plan, { timeLeftMs, breakEvenSeconds: 20 });
    },
    async claim(stream) {
      const execution = { id: 'claim', startedAtMs: nowMs, isGone: async () => true };
      const names = streams.map(({ name }) => name).filter((name) => name !== stream);
      const counts = { pages: 0, records: 0, bytes: 0, objects: 0, requests: 0, throttled: 0 };
      const ends = names.map((name) => ({
        ...{ stream: name, kind: 'finished' },
        counts: { ...counts, waitedSeconds: 0, seconds: 0 },
      }));
      const asked = { source: 'shop' };
      const first = await planRun(ports, source, asked, execution);
      if (first.kind === 'failed') throw new Error(first.cause);
      const before = { runId: first.runId, wave: 0, asked, plans: [], ends };
      const plan = await planNextWave(ports, source, before, execution);
      const found = plan.kind === 'planned' && plan.streams.find((one) => one.stream === stream);
      if (!found) throw new Error(`${stream} is not planned`);
      return found;
    },
    async rewound(state, act) {
      const { readStream } = ledger;
      ledger.readStream = async (...given) =>
        given[1] === state.stream ? state : readStream(...given);
      try {
        return await act();
      } finally {
        ledger.readStream = readStream;
      }
    },
    async run(request = {}, between = () => {}) {
      nowMs += 60_000;
      const id = `run-${++runs}`;
      const execution = { id, startedAtMs: nowMs, isGone: async () => true };
      let plan = await planRun(ports, source, { source: 'shop', ...request }, execution);
      for (;;) {
        if (plan.kind === 'failed') throw new Error(plan.cause);
        const { runId, wave, asked, earlier, others } = plan;
        const ends: StreamEnd[] = [...earlier.ends];
        for (const one of plan.streams) ends.push(await drained(one));
        const plans = [...earlier.plans, ...others, ...plan.streams];
        if (plan.next === 'finish') return finishRun(ports, source, { runId, plans, ends });
        between();
        plan = await planNextWave(ports, source, { runId, wave, asked, plans, ends }, execution);
      }
    },
    async state(stream) {
      const state = await ledger.readStream('shop', stream);
      if (!state) throw new Error(`${stream} was never claimed`);
      return state;
    },
    async lines(stream) {
      const keys = [...lake.objects.keys()].filter((key) =>
        key.startsWith(`_manifests/shop/${stream}/2`),
      );
      const key = keys.sort().at(-1) ?? '';
      const reading = readManifest((await lake.readText(key)) ?? '', key);
      if (reading.kind === 'damaged') throw new Error(reading.faults.join());
      const found: string[] = [];
      for await (const one of lake.readRecords(reading.manifest.prefix)) {
        found.push(
          ...Buffer.from(await lake.readBatch(one.key))
            .toString()
            .split('\n')
            .slice(0, -1),
        );
      }
      return found;
    },
    async list(stream) {
      const runId = (await world.state(stream)).run?.runId;
      const prefix = `_partitions/shop/${stream}/${runId}/0`;
      const keys = [...lake.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
      const texts = await Promise.all(keys.map((key) => lake.readText(key)));
      return texts.flatMap((text = '') => text.split('\n').slice(0, -2));
    },
  };

  async function drained(one: StreamPlan): Promise<StreamEnd> {
    let outcome = await world.round(one);
    while (outcome.kind === 'more') outcome = await world.round(one);
    if (outcome.kind !== 'done') return { stream: one.stream, kind: 'failed' };
    return { stream: one.stream, ...(await finishStream(ports, source, one)) };
  }

  return world;
}
