// A shop with one stream, a clock that moves by hand, and the steps of a run one at a time.

import { setTimeout } from 'node:timers/promises';
import type { HttpAnswer } from '../../shared/core/answer/exchange.ts';
import type { RunState, StreamState } from '../../shared/core/run/run.ts';
import type { Source } from '../../shared/core/source/source.ts';
import { manifestsOnly } from '../../shared/ports/catalogue/catalogue.ts';
import { memoryHttp, memoryResponse } from '../../shared/ports/http/http-memory.ts';
import { type JournalEvent, memoryJournal } from '../../shared/ports/journal.ts';
import { memoryLake } from '../../shared/ports/lake/lake.ts';
import { memoryLedger } from '../../shared/ports/ledger/ledger.ts';
import { memoryTokenLock } from '../../shared/ports/ledger/token-lock.ts';
import { seededRandom } from '../../shared/ports/random.ts';
import { memorySecrets } from '../../shared/ports/secrets/secrets.ts';
import { connectSource } from '../../shared/pull/context.ts';
import { finishRun, type RunOutcome } from '../../shared/pull/finish/close.ts';
import { type Finished, finishStream } from '../../shared/pull/finish/finish.ts';
import {
  type Plan,
  planRun,
  type StreamEnd,
  type StreamPlan,
} from '../../shared/pull/plan/plan.ts';
import type { Ports } from '../../shared/pull/ports.ts';
import { type Assignment, pullRound, type RoundOutcome } from '../../shared/pull/round.ts';

/** The holder of a stream that nobody holds. */
export const HOLDER_LEFT = '';

const SOURCE: Source = {
  name: 'shop',
  baseUrl: 'https://api.shop.example',
  streams: [
    {
      name: 'items',
      path: 'items',
      records: 'items',
      pagination: { kind: 'cursor', from: 'next', param: 'token' },
      pagesPerRound: 1,
      cursorHours: 6,
    },
  ],
};

export interface Shop {
  /** What the pull told its journal. */
  readonly events: readonly JournalEvent[];
  pass(time: { hours?: number; minutes?: number }): void;
  /** From now on the API has no rows. */
  empty(): void;
  /** From now on the API refuses every request. */
  refuse(): void;
  /** From now on every page leads to the second one, with rows of its own. */
  circle(): void;
  plan(execution: string, options?: { startedMinutesAgo: number }): Promise<Plan>;
  /** A plan that gets its stream. */
  claim(execution: string): Promise<StreamPlan>;
  round(assignment: Assignment): Promise<RoundOutcome>;
  drainOnePage(execution: string): Promise<StreamPlan>;
  /** All pages of a claim. */
  drain(assignment: Assignment): Promise<void>;
  finish(assignment: Assignment): Promise<Finished>;
  /** What the run of this claim tells at its end. */
  close(claimed: StreamPlan, end: Omit<StreamEnd, 'stream'>): Promise<RunOutcome>;
  /** A whole run. */
  run(execution: string): Promise<void>;
  state(): Promise<StreamState | undefined>;
  lastRun(): Promise<RunState | undefined>;
  /** By key. */
  manifests(): ReadonlyMap<string, unknown>;
}

export function openShop(): Shop {
  let nowMs = Date.UTC(2026, 10, 2, 6);
  let answer = (url: string): HttpAnswer =>
    memoryResponse(200, { items: [{ id: 1 }], next: url.includes('token') ? null : 'second' });
  const clock = { nowMs: () => nowMs, sleep: () => setTimeout(0) };
  const [ledger, lake, journal] = [memoryLedger(clock), memoryLake(), memoryJournal()];
  const ports: Ports = {
    clock,
    catalogue: manifestsOnly,
    random: seededRandom(1),
    http: memoryHttp(({ url }) => answer(url)),
    lake,
    ledger,
    secrets: memorySecrets(new Map()),
    tokenLock: memoryTokenLock(clock),
    journal,
  };
  const shop: Shop = {
    events: journal.events,
    pass({ hours = 0, minutes = 0 }) {
      nowMs += (hours * 60 + minutes) * 60_000;
    },
    empty() {
      answer = () => memoryResponse(200, { items: [], next: null });
    },
    circle() {
      answer = () => memoryResponse(200, { items: [{ id: 1 }], next: 'second' });
    },
    refuse() {
      answer = () => memoryResponse(410, { error: 'that token is forgotten' });
    },
    plan: (id, { startedMinutesAgo } = { startedMinutesAgo: 0 }) =>
      planRun(
        ports,
        SOURCE,
        { source: SOURCE.name },
        {
          id,
          startedAtMs: nowMs - startedMinutesAgo * 60_000,
          isGone: async () => false,
        },
      ),
    async claim(execution) {
      const plan = await shop.plan(execution);
      const [claimed] = plan.kind === 'planned' ? plan.streams : [];
      if (!claimed) throw new Error('the stream is busy');
      return claimed;
    },
    async round(assignment) {
      const context = await connectSource(ports, SOURCE);
      const options = { timeLeftMs: () => 300_000, breakEvenSeconds: 20 };
      return pullRound(ports, context, assignment, options);
    },
    async drainOnePage(execution) {
      const assignment = await shop.claim(execution);
      await shop.round(assignment);
      return assignment;
    },
    async drain(assignment) {
      let outcome = await shop.round(assignment);
      while (outcome.kind === 'more') outcome = await shop.round(assignment);
    },
    finish: (assignment) => finishStream(ports, SOURCE, assignment),
    close: (claimed, end) =>
      finishRun(ports, SOURCE, {
        runId: claimed.runId,
        plans: [claimed],
        ends: [{ ...end, stream: claimed.stream }],
      }),
    async run(execution) {
      const plan = await shop.plan(execution);
      if (plan.kind !== 'planned') throw new Error(plan.cause);
      for (const one of plan.streams) {
        await shop.drain(one);
        await shop.finish(one);
      }
      await finishRun(ports, SOURCE, { runId: plan.runId, plans: plan.streams, ends: [] });
    },
    state: () => ledger.readStream(SOURCE.name, 'items'),
    lastRun: () => ledger.readRun(SOURCE.name),
    manifests: () =>
      new Map(
        [...lake.objects]
          .filter(([key]) => key.startsWith('_manifests/') && !key.endsWith('/schema.json'))
          .map(([key, object]) => [key, JSON.parse(Buffer.from(object).toString())]),
      ),
  };
  return shop;
}
