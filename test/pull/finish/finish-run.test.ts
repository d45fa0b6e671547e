import { describe, expect, it } from 'vitest';
import { CAUSE_CHARS, NAME_CHARS, STREAMS_PER_SOURCE } from '../../../shared/core/bounds.ts';
import type { Source } from '../../../shared/core/source/source.ts';
import { memoryJournal } from '../../../shared/ports/journal.ts';
import { memoryLedger } from '../../../shared/ports/ledger/ledger.ts';
import { memoryTokenLock } from '../../../shared/ports/ledger/token-lock.ts';
import { seededRandom } from '../../../shared/ports/random.ts';
import { finishRun } from '../../../shared/pull/finish/close.ts';
import type { StreamPlan } from '../../../shared/pull/plan/plan.ts';
import { sourceWith } from '../sign/token-world.ts';

const clock = { nowMs: () => 0, sleep: async () => {} };
const ports = {
  clock,
  random: seededRandom(1),
  ledger: memoryLedger(clock),
  tokenLock: memoryTokenLock(clock),
  journal: memoryJournal(),
};

const single = { path: '/list', records: 'data', pagination: { kind: 'single' } } as const;
const shopOf = (names: readonly string[]): Source =>
  sourceWith(undefined, { streams: names.map((name) => ({ name, ...single })) });

const planOf = (stream: string): StreamPlan => ({
  ...{ source: 'shop', runId: 'run-1', fence: 1, segment: 0 },
  ...{ stream, kind: 'drain' },
});

/** The cause of a run whose streams failed for these reasons. */
async function causeOf(failures: Readonly<Record<string, string>>): Promise<string> {
  const names = Object.keys(failures);
  const ends = Object.entries(failures).map(([stream, cause]) => ({
    ...{ stream, kind: 'failed', cause },
  }));
  const source = shopOf(names.length === 0 ? ['items'] : names);
  const plans = names.map(planOf);
  const ended = { runId: 'run-1', plans, ends };
  return (await finishRun(ports, source, ended)).cause;
}

const REFUSED = 'The client was refused. Check it.';

describe('the cause of a failed run', () => {
  it('has a line for each cause, with the streams that share it', async () => {
    const streams = { items: REFUSED, sales: REFUSED, shops: 'HTTP 500.', taxes: REFUSED };
    expect(await causeOf(streams)).toBe(`items, sales, taxes: ${REFUSED}\nshops: HTTP 500.`);
    expect(await causeOf({})).toBe('');
  });

  it('names every stream when as many as there can be share one', async () => {
    const names = Array.from({ length: STREAMS_PER_SOURCE }, (_, index) =>
      `stream-${index}-`.padEnd(NAME_CHARS, 'x'),
    );
    const cause = await causeOf(Object.fromEntries(names.map((name) => [name, REFUSED])));
    expect(cause).toBe(`${names.join(', ')}: ${REFUSED}`);
  });

  it('is cut where a Fail state would refuse it', async () => {
    const cause = await causeOf({ items: 'x'.repeat(CAUSE_CHARS), sales: REFUSED });
    expect(cause).toHaveLength(CAUSE_CHARS);
    expect(cause).toMatch(/^items: x+…$/);
  });
});

it('tells of the streams as the source lists them, whichever was finished first', async () => {
  const source = shopOf(['items', 'sales', 'shops']);
  const plans = ['shops', 'items', 'sales'].map(planOf);
  const { streams } = await finishRun(ports, source, { runId: 'run-1', plans, ends: [] });
  expect(streams.map(({ stream }) => stream)).toEqual(['items', 'sales', 'shops']);
});
