// Limits and rounds that are shorter than usual, on a virtual clock: windows of seconds, whether
// they were declared or told, and invocations with less time than a wait.

import { describe, expect, it } from 'vitest';
import { newUsage, walkSync } from '../../bench/virtual/virtual-machine.ts';
import { runVirtual, virtualWorld } from '../../bench/virtual/virtual-world.ts';
import type { Limit } from '../../shared/core/source/api-limits.ts';
import { ietf, plain } from '../../shared/core/source/presets.ts';
import { defineSource } from '../../shared/core/source/source.ts';
import { memoryJournal } from '../../shared/ports/journal.ts';
import { plainLists } from '../apis/data.ts';
import { type ApiModel, answer, referee } from '../apis/exchange.ts';
import { fixedWindow, slidingWindow, type WindowVerdict } from '../apis/limits.ts';

const ROWS = 2;

const sourceOf = (limits: readonly Limit[], pagesPerRound?: number) =>
  defineSource({
    name: 'shop',
    baseUrl: 'https://shop.example',
    limits: [...limits],
    streams: [
      {
        name: 'items',
        path: 'items',
        records: '',
        pagination: { kind: 'offset', pageSize: ROWS },
        ...(pagesPerRound === undefined ? {} : { pagesPerRound }),
      },
    ],
  });

interface Api {
  readonly pages: number;
  readonly window: { take(nowMs: number): WindowVerdict };
  readonly headers: (verdict: WindowVerdict, nowMs: number) => Readonly<Record<string, string>>;
}

/** Bare lists behind a window; the last page is empty. */
function modelOf({ pages, window, headers }: Api): ApiModel {
  const lists = plainLists({ items: ROWS * (pages - 1) });
  const watch = referee();
  const counts = { allowed: 0, refused: 0 };
  return {
    handle(request, nowMs) {
      watch.request();
      const verdict = window.take(nowMs);
      counts[verdict.allowed ? 'allowed' : 'refused']++;
      if (!verdict.allowed) return answer(nowMs, 429, '', headers(verdict, nowMs));
      const offset = Number(request.query.get('offset'));
      const body = `[${lists.slice('items', offset, offset + ROWS).join(',')}]`;
      return answer(nowMs, 200, body, headers(verdict, nowMs));
    },
    stats: () => ({ ...watch.seen(), ...counts, idle: 0 }),
    spendForeign() {},
  };
}

const LATENCY_MS = 20;

async function drain(limits: readonly Limit[], api: Api, pagesPerRound?: number) {
  const [source, model] = [sourceOf(limits, pagesPerRound), modelOf(api)];
  return runVirtual(source, model, virtualWorld(source, { model, latencyMs: LATENCY_MS }));
}

const secondsLeft = ({ resetMs }: WindowVerdict, nowMs: number) =>
  Math.ceil((resetMs - nowMs) / 1000);

describe('a window of seconds', () => {
  it('is kept when only the API tells how short it is', async () => {
    const window = fixedWindow({ limit: 60, windowMs: 5_000 });
    const run = await drain(ietf, {
      pages: 300,
      window,
      headers: (verdict, nowMs) => ({
        'RateLimit-Policy': '"default";q=60;w=5',
        RateLimit: `"default";r=${verdict.remaining};t=${secondsLeft(verdict, nowMs)}`,
      }),
    });
    expect(run).toMatchObject({ pages: 300, refused: 0 });
  });

  it('opens again when its first request is over, not a whole window after its last', async () => {
    const window = slidingWindow({ limit: 10, windowMs: 1_000 });
    const limits = plain.map((limit) => ({ ...limit, requests: 10, periodSeconds: 1 }));
    const run = await drain(limits, {
      pages: 300,
      window,
      headers: ({ remaining }) => ({
        'X-RateLimit-Limit': '10',
        'X-RateLimit-Remaining': String(remaining),
      }),
    });
    expect(run).toMatchObject({ pages: 300, refused: 0 });
    expect(run.seconds).toBeLessThan(29 * 1.06 + 1);
  });

  it('leaves to the next round what a round of few pages did not spend', async () => {
    const limits: Limit[] = [{ kind: 'declared', requests: 500, periodSeconds: 5 }];
    const window = slidingWindow({ limit: 500, windowMs: 5_000 });
    const run = await drain(limits, { pages: 320, window, headers: () => ({}) }, 4);
    expect(run).toMatchObject({ pages: 320, refused: 0 });
    // 20 ms of each request, 80 rounds of a few calls of the ledger and the lake.
    expect(run.seconds).toBeLessThan(16);
  });
});

describe('values that do not belong together', () => {
  it('are told once, and the run goes by what the source declares', async () => {
    const headers = { limit: 'x-limit', used: 'x-used' };
    const limits: Limit[] = [{ kind: 'window', requests: 40, periodSeconds: 60, headers }];
    const model = modelOf({
      pages: 50,
      window: slidingWindow({ limit: 40, windowMs: 60_000 }),
      headers: () => ({ 'x-limit': '40,1000', 'x-used': '40' }),
    });
    const [source, journal] = [sourceOf(limits), memoryJournal()];
    const run = await runVirtual(
      source,
      model,
      virtualWorld(source, { model, latencyMs: LATENCY_MS, journal }),
    );
    expect(run).toMatchObject({ pages: 50, refused: 0 });
    const told = journal.events.flatMap((event) => (event.kind === 'fault' ? [event.reason] : []));
    const invocations = run.machine.invocations;
    expect(told.length).toBeLessThanOrEqual(invocations);
    expect(new Set(told)).toEqual(
      new Set([
        'limits[0]: values that are no pairs (2 of limit and 1 of used): none is believed',
      ]),
    );
  });
});

describe('a Retry-After beside a short window', () => {
  it('is waited for whole, by the machine where it is long', async () => {
    for (const seconds of [4, 600, 1_000_000]) {
      const limits: Limit[] = [{ kind: 'declared', requests: 3, periodSeconds: 1 }];
      const [source, model] = [sourceOf(limits), closedFor(seconds)];
      const run = await runVirtual(
        source,
        model,
        virtualWorld(source, { model, latencyMs: LATENCY_MS }),
      );
      expect(run).toMatchObject({ pages: 3, requests: 4, refused: 1, violations: [] });
      expect(run.seconds).toBeGreaterThanOrEqual(seconds);
      expect(run.seconds).toBeLessThan(seconds * 1.1 + 10);
    }
  });
});

/** Three pages, once so many seconds have passed since the first request. */
function closedFor(seconds: number): ApiModel {
  const lists = plainLists({ items: 2 * ROWS });
  const watch = referee(0);
  const counts = { allowed: 0, refused: 0 };
  let opensMs = 0;
  return {
    handle(request, nowMs) {
      watch.request();
      opensMs ||= nowMs + seconds * 1000;
      const leftMs = opensMs - nowMs;
      counts[leftMs <= 0 ? 'allowed' : 'refused']++;
      if (leftMs > 0) {
        watch.refusal(nowMs, opensMs);
        return answer(nowMs, 429, '', { 'Retry-After': String(Math.ceil(leftMs / 1000)) });
      }
      const offset = Number(request.query.get('offset'));
      return answer(nowMs, 200, `[${lists.slice('items', offset, offset + ROWS).join(',')}]`, {});
    },
    stats: () => ({ ...watch.seen(), ...counts, idle: 0 }),
    spendForeign() {},
  };
}

describe('an invocation with less time than a wait', () => {
  it('leaves the wait to the machine instead of coming back at once', async () => {
    const limits: Limit[] = [{ kind: 'declared', requests: 60, periodSeconds: 12 }];
    const window = slidingWindow({ limit: 60, windowMs: 12_000 });
    const [source, model] = [
      sourceOf(limits),
      modelOf({ pages: 180, window, headers: () => ({}) }),
    ];
    const { connection } = virtualWorld(source, { model, latencyMs: LATENCY_MS });
    const usage = newUsage();
    const startedMs = connection.ports.clock.nowMs();
    const options = { executionId: 'short', invocationMs: 2_000, usage };
    expect((await walkSync({ source: source.name }, connection, options)).kind).toBe('succeeded');
    const seconds = (connection.ports.clock.nowMs() - startedMs) / 1000;
    expect(model.stats()).toMatchObject({ allowed: 180, refused: 0 });
    expect(usage.invocations).toBeLessThan(30);
    expect(seconds).toBeLessThan(27);
  });
});
