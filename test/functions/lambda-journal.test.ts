import { describe, expect, it } from 'vitest';
import { METRIC_DIMENSIONS, METRIC_UNITS } from '../../shared/core/run/metrics.ts';
import type { JournalEvent } from '../../shared/ports/journal.ts';
import { noWork } from '../../shared/ports/journal.ts';
import { everyEvent } from './every-event.ts';
import { dataIn, linesOf, STACK } from './journal-lines.ts';

const at = { source: 'shop', stream: 'sales', runId: 'run-1' } as const;
const begin: JournalEvent = { kind: 'begin', ...at };
const page = (spent: number, of = 60): JournalEvent => ({
  kind: 'page',
  ...at,
  pages: 1,
  records: 1,
  bytes: 1,
  level: { spent, of },
});
const round = (work: Partial<typeof noWork>): JournalEvent => ({
  kind: 'round',
  ...at,
  outcome: 'more',
  ...noWork,
  ...work,
});

const valuesOf = (events: readonly JournalEvent[], afterMs = 0) =>
  linesOf(events, afterMs).map((line) =>
    Object.fromEntries(dataIn(line).map(({ name, value }) => [name, value])),
  );

describe('every line that a function prints', () => {
  const lines = linesOf(everyEvent);

  it('is one JSON object with a level, the stack, the source, the stream and the run', () => {
    for (const line of lines) {
      expect(line).toMatchObject({
        level: expect.stringMatching(/^(INFO|WARN)$/),
        message: expect.stringMatching(/^[a-z]+$/),
        service: STACK,
        source: 'shop',
        stream: 'sales',
        runId: expect.any(String),
      });
    }
  });

  it('has the dimensions of all metrics, and a unit that is theirs', () => {
    for (const datum of lines.flatMap(dataIn)) {
      expect(Object.keys(datum.dimensions)).toEqual([...METRIC_DIMENSIONS]);
      expect(datum.dimensions).toEqual({ service: STACK, source: 'shop' });
      expect(Object.entries(METRIC_UNITS)).toContainEqual([datum.name, datum.unit]);
    }
  });

  it('warns of what an operator would look for', () => {
    const bad = lines.filter(({ level }) => level === 'WARN').map(({ message }) => message);
    const kinds = ['stream', 'fault', 'fault', 'throttled', 'token', 'token', 'round'];
    expect(bad).toEqual([...kinds, 'compaction']);
  });

  it('counts no page, and no wait that comes with every page', () => {
    const messages = lines.map(({ message }) => message);
    expect(messages).not.toContain('page');
    expect(messages.filter((message) => message === 'wait')).toHaveLength(1);
  });
});

it('every metric has an event that sends it', () => {
  const sent = new Set(linesOf(everyEvent).flatMap((line) => dataIn(line).map((one) => one.name)));
  expect([...sent].toSorted()).toEqual(Object.keys(METRIC_UNITS).toSorted());
});

describe('the metrics of a round', () => {
  it('are in one line: what it committed and how long it waited', () => {
    expect(
      valuesOf([begin, round({ pages: 2, records: 40, bytes: 900, waitedMs: 1_500 })]),
    ).toEqual([{ Pages: 2, Records: 40, Bytes: 900, WaitedSeconds: 1.5 }]);
  });

  it('are not sent when nothing happened', () => {
    expect(valuesOf([begin, round({})])).toEqual([{}]);
  });

  it('leave nothing behind for the next round', () => {
    const twice = [round({ pages: 2 }), round({ pages: 3 })];
    expect(valuesOf(twice)).toEqual([{ Pages: 2 }, { Pages: 3 }]);
  });
});

describe('the level of the bucket', () => {
  it('is the highest since it was last told, with the size that belongs to it', () => {
    const told = valuesOf([page(10), page(90, 100), page(58), page(20), round({})]);
    // The first page of a process is told at once.
    expect(told).toEqual([
      { BucketLevel: 10, BucketSize: 60 },
      { BucketLevel: 58, BucketSize: 60 },
    ]);
  });

  it('is told at least every half minute of a long round', () => {
    const pages = Array.from({ length: 7 }, (_, index) => page(index + 1));
    expect(valuesOf([begin, ...pages], 10_000).map((data) => data['BucketLevel'])).toEqual([
      1, 4, 7,
    ]);
  });
});

it('a failed token request says why, and of which stream and run it was', () => {
  const reason = 'https://shop.example/token refused the refresh token of shop: invalid_grant.';
  const [line] = linesOf([begin, { kind: 'token', source: 'shop', outcome: 'rejected', reason }]);
  expect(line).toMatchObject({ ...at, message: 'token', outcome: 'rejected', reason });
});
