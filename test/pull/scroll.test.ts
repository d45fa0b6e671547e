// Cursors that stay while their place moves on the server: each page can be asked for only once.

import { describe, expect, it } from 'vitest';
import { newUsage, walkSync } from '../../bench/virtual/virtual-machine.ts';
import { virtualWorld } from '../../bench/virtual/virtual-world.ts';
import { defineSource } from '../../shared/core/source/source.ts';
import { pullRound } from '../../shared/pull/round.ts';
import { type ApiModel, answer } from '../apis/exchange.ts';

const ROWS = 2;

const sourceOf = (resume: { resume?: 'restart' }, pagesPerRound = 100) =>
  defineSource({
    name: 'shop',
    baseUrl: 'https://shop.example',
    streams: [
      {
        name: 'items',
        path: 'items',
        records: 'items',
        primaryKey: ['id'],
        pagesPerRound,
        pagination: {
          kind: 'cursor',
          from: 'next',
          param: 'cursor',
          end: 'empty-page',
          ...resume,
        },
      },
    ],
  });

interface Scroll {
  readonly pages: number;
  /** Requests that move the scroll, and whose answer is lost on its way. */
  readonly lost?: ReadonlySet<number>;
}

/** One scroll at a time: whoever asks without a cursor begins it anew. */
function scrollOf({ pages, lost = new Set() }: Scroll): ApiModel {
  let [page, requests] = [0, 0];
  return {
    handle(request, nowMs) {
      requests++;
      if (request.query.get('cursor') === null) page = 0;
      const rows = page < pages ? [1, 2].map((row) => ({ id: page * ROWS + row })) : [];
      page++;
      if (lost.has(requests)) return answer(nowMs, 502, 'the answer was lost', {});
      return answer(nowMs, 200, JSON.stringify({ items: rows, next: 'the-scroll' }), {});
    },
    stats: () => ({ requests, violations: [], allowed: requests, refused: 0, idle: 0 }),
    spendForeign() {},
  };
}

function worldOf(source: ReturnType<typeof sourceOf>, model: ApiModel) {
  const { connection } = virtualWorld(source, { model, latencyMs: 20 });
  return {
    sync: (executionId: string) =>
      walkSync({ source: source.name }, connection, {
        executionId,
        usage: newUsage(),
        invocationMs: 300_000,
      }),
    async round() {
      const context = await connection.contextOf(source.name);
      const state = await connection.ports.ledger.readStream(source.name, 'items');
      const assignment = {
        stream: 'items',
        runId: state?.run?.runId ?? '',
        fence: state?.fence ?? 0,
      };
      const options = { timeLeftMs: () => 300_000, breakEvenSeconds: 20 };
      return pullRound(connection.ports, context, assignment, options);
    },
    run: async () => (await connection.ports.ledger.readStream(source.name, 'items'))?.run,
  };
}

describe('a cursor that stays while the rows change', () => {
  it('is no circle, and is read to its end', async () => {
    for (const pagesPerRound of [100, 3]) {
      const world = worldOf(
        sourceOf({ resume: 'restart' }, pagesPerRound),
        scrollOf({ pages: 40 }),
      );
      expect((await world.sync('one')).kind).toBe('succeeded');
      expect(await world.run()).toMatchObject({ status: 'finished', pages: 41, records: 80 });
      expect(await world.run()).not.toHaveProperty('underway');
    }
  });

  it('is not asked for a page again: the run fails and says so, the next one begins anew', async () => {
    const model = scrollOf({ pages: 40, lost: new Set([17]) });
    const world = worldOf(sourceOf({ resume: 'restart' }), model);
    await world.sync('one');
    const failed = await world.run();
    expect(failed).toMatchObject({ status: 'failed', restart: 'spoilt', records: 32 });
    expect(failed?.cause).toMatch(/may have moved on the server.*reads this stream again/);
    await world.sync('two');
    expect(await world.run()).toMatchObject({ status: 'finished', records: 80 });
  });

  it('is asked for its first page as often as it takes: that begins the scroll', async () => {
    const world = worldOf(
      sourceOf({ resume: 'restart' }),
      scrollOf({ pages: 4, lost: new Set([1, 2]) }),
    );
    await world.sync('one');
    expect(await world.run()).toMatchObject({ status: 'finished', records: 8 });
  });

  it('begins anew where a round died with pages that were not landed', async () => {
    const source = sourceOf({ resume: 'restart' }, 5);
    const model = scrollOf({ pages: 40 });
    let requests = 0;
    const world = worldOf(source, {
      ...model,
      handle(request, nowMs) {
        if (++requests === 13) throw new Error('killed');
        return model.handle(request, nowMs);
      },
    });
    expect((await world.sync('one')).kind).toBe('failed');
    expect(await world.round()).toMatchObject({
      kind: 'failed',
      cause: expect.stringContaining('ended before its pages landed'),
    });
    await world.sync('two');
    expect(await world.run()).toMatchObject({ status: 'finished', records: 80 });
  });

  it('begins anew where a run was left between two rounds', async () => {
    const model = scrollOf({ pages: 40, lost: new Set([17]) });
    const world = worldOf(sourceOf({ resume: 'restart' }, 5), model);
    await world.sync('one');
    const first = await world.run();
    await world.sync('two');
    const second = await world.run();
    expect(second).toMatchObject({ status: 'finished', records: 80 });
    expect(second?.runId).not.toBe(first?.runId);
  });
});
