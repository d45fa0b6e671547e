// The drills of docs/runbook.md, against the deployed stack: break it, see that what it tells is
// over the deployed alarm's threshold, follow the section, see it heal. A schedule syncs other
// streams meanwhile, undisturbed.

import {
  DeleteFunctionConcurrencyCommand,
  InvokeCommand,
  PutFunctionConcurrencyCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { streamPrefix } from '../../shared/core/keys.ts';
import type { Line } from '../functions/journal-lines.ts';
import { dataOf, rings } from '../infra/alarm-rules.ts';
import { type BreakableService, startBreakable } from './breakable-service.ts';
import { lake, ledger, output, s3 } from './clients.ts';
import { STACK } from './deploy.ts';
import { expectWhole, SOURCE } from './landed.ts';
import {
  alarm,
  dataSince,
  lambda,
  linesSince,
  type RunEnded,
  runSync,
  setAlarm,
  storeData,
  sumOf,
} from './operations.ts';

const DRILL_MS = 60_000;
const HOUR_MS = 3_600_000;

let service: BreakableService;
beforeAll(async () => {
  service = await startBreakable(inject('servicePort'));
});
afterAll(() => service.close());

const syncOf = (stream: string): Promise<RunEnded> =>
  runSync({ source: SOURCE, streams: [stream] });

/** The stream's own run: one that is resumed keeps its id in the next execution. */
const runOf = async (stream: string): Promise<string> =>
  (await ledger.readStream(SOURCE, stream))?.run?.runId ?? 'none';

const roundsOf = (lines: readonly Line[]): Line[] =>
  lines.filter(({ message }) => message === 'round');

describe('drain-failed, sync-failed and cursor-old, when an API refuses a page for days', () => {
  let sinceMs: number;
  let failed: RunEnded;
  beforeAll(async () => {
    expect(await syncOf('albums')).toMatchObject({ status: 'SUCCEEDED' });
    const state = await ledger.readStream(SOURCE, 'albums');
    if (!state) return expect.fail('albums was never read');
    const freshAtMs = Date.now() - 30 * HOUR_MS;
    await ledger.moveStream({ ...state, revision: state.revision + 1, freshAtMs });
    sinceMs = Date.now();
    service.breakWith(({ pathname, searchParams }) =>
      pathname === '/albums' && Number(searchParams.get('_start')) >= 60
        ? { status: 401, body: 'Who are you?' }
        : undefined,
    );
    failed = await syncOf('albums');
  }, DRILL_MS);

  it('fails the run, which is what the alarms of both machines count', async () => {
    expect(failed).toMatchObject({ status: 'FAILED', cause: expect.stringContaining('albums') });
    for (const [name, arn] of [
      ['sync-failed', output('SyncMachineArn')],
      ['drain-failed', output('DrainMachineArn')],
    ] as const) {
      expect(await alarm(name)).toMatchObject({
        Namespace: 'AWS/States',
        MetricName: 'ExecutionsFailed',
        Dimensions: [{ Name: 'StateMachineArn', Value: arn }],
        Threshold: 1,
      });
    }
  });

  it('tells the cause in one line of the log, a warning, with stream and run', async () => {
    const lines = roundsOf(await linesSince('pull-pages', sinceMs, 'albums'));
    const runId = expect.stringMatching(/^20/);
    expect(lines).toMatchObject([
      { level: 'WARN', service: STACK, source: SOURCE, runId, outcome: 'refused', Pages: 3 },
    ]);
    expect(String(lines[0]?.['cause'])).toContain('Who are you?');
  });

  it('tells an age that rings the alarm of the source', async () => {
    const data = await dataSince('plan-run', sinceMs, 'albums');
    const rule = await alarm(`cursor-old-${SOURCE}`);
    expect(dataOf(rule, data).map(({ value }) => Math.round(value))).toEqual([30]);
    await storeData(data);
    expect(await alarm(`cursor-old-${SOURCE}`)).toMatchObject({ state: 'ALARM' });
  });

  it(
    'is healed by a run that goes on from the page that was refused',
    async () => {
      const left = await runOf('albums');
      service.breakWith();
      const mendedMs = Date.now();
      expect(await syncOf('albums')).toMatchObject({ status: 'SUCCEEDED' });
      await expectWhole('albums', left);
      const state = await ledger.readStream(SOURCE, 'albums');
      expect(state?.freshAtMs).toBeGreaterThan(mendedMs);
      expect(roundsOf(await linesSince('pull-pages', mendedMs, 'albums'))).toMatchObject([
        { level: 'INFO', runId: left, outcome: 'done', Pages: 2, Records: 40 },
      ]);
    },
    DRILL_MS,
  );
});

describe('stream-stuck, when an API gives the same page for ever', () => {
  let sinceMs: number;
  let failed: RunEnded;
  beforeAll(async () => {
    sinceMs = Date.now();
    service.breakWith((url) =>
      url.pathname === '/todos' && Number(url.searchParams.get('_start')) >= 60
        ? { path: '/todos?_start=0&_limit=20' }
        : undefined,
    );
    failed = await syncOf('todos');
  }, DRILL_MS);

  it('fails the run, and the metric rings the alarm', async () => {
    expect(failed.cause).toMatch(/todos: The API repeats itself/);
    const data = await dataSince('pull-pages', sinceMs, 'todos');
    expect(rings(await alarm(`stream-stuck-${SOURCE}`), data)).toBe(true);
    await storeData(data);
    expect(await alarm(`stream-stuck-${SOURCE}`)).toMatchObject({ state: 'ALARM' });
  });

  it(
    'is healed by a run that begins anew, with every record once',
    async () => {
      const spoilt = await runOf('todos');
      service.breakWith();
      const mendedMs = Date.now();
      expect(await syncOf('todos')).toMatchObject({ status: 'SUCCEEDED' });
      expect(await runOf('todos')).not.toBe(spoilt);
      await expectWhole('todos', await runOf('todos'));
      const data = await dataSince('pull-pages', mendedMs, 'todos');
      expect(rings(await alarm(`stream-stuck-${SOURCE}`), data)).toBe(false);
      await removeRun('todos', spoilt);
    },
    DRILL_MS,
  );
});

describe('refusals, when somebody else has spent the limit', () => {
  let sinceMs: number;
  let run: RunEnded;
  beforeAll(async () => {
    sinceMs = Date.now();
    let refusals = 0;
    service.breakWith(({ pathname }) => {
      if (pathname !== '/comments' || refusals === 5) return undefined;
      refusals++;
      const headers = { 'Retry-After': '1', 'X-LS-API-RateLimit-Type': 'api-leaky-bucket' };
      return { status: 429, headers, body: '{"message":"Rate limit exceeded"}' };
    });
    run = await syncOf('comments');
    service.breakWith();
  }, DRILL_MS);

  it('rings the alarm at the fifth one', async () => {
    const data = await dataSince('pull-pages', sinceMs, 'comments');
    const rule = await alarm(`refusals-${SOURCE}`);
    const refused = dataOf(rule, data);
    expect(refused).toHaveLength(5);
    expect(rings(rule, refused.slice(1))).toBe(false);
    expect(rings(rule, refused)).toBe(true);
  });

  it('loses nothing: the same run waits and ends whole', async () => {
    expect(run.status).toBe('SUCCEEDED');
    await expectWhole('comments', await runOf('comments'));
    const rounds = roundsOf(await linesSince('pull-pages', sinceMs, 'comments'));
    const sum = (field: string) =>
      rounds.reduce((total, line) => total + Number(line[field] ?? 0), 0);
    expect({ pages: sum('Pages'), refused: sum('refused') }).toEqual({ pages: 25, refused: 5 });
    expect(sum('WaitedSeconds')).toBeGreaterThan(4);
  });
});

describe('function-errors, when a function has no code', () => {
  const FunctionName = `${STACK}-plan-run`;
  it('counts each crash, and none after the code is back', { timeout: DRILL_MS }, async () => {
    const rule = await alarm('plan-run-errors');
    const sinceMs = Date.now();
    const before = await sumOf(rule, sinceMs);
    const change = (Handler: string) =>
      lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Handler }));
    await change('nothing.handler');
    expect((await invoke('plan-run', {})).FunctionError).toBeDefined();
    expect((await sumOf(rule, sinceMs)) - before).toBeGreaterThanOrEqual(rule.Threshold);
    await change('index.handler');
    const answer = await invoke('plan-run', {});
    expect(answer.FunctionError).toBeUndefined();
    expect(JSON.parse(Buffer.from(answer.Payload ?? []).toString())).toMatchObject({
      kind: 'refused',
    });
  });
});

describe('function-throttled, when a function may not run', () => {
  const FunctionName = `${STACK}-compact`;
  it('counts each refusal, and runs again when it may', { timeout: DRILL_MS }, async () => {
    const rule = await alarm('compact-throttled');
    const sinceMs = Date.now();
    const nothing = { FunctionName, ReservedConcurrentExecutions: 0 };
    await lambda.send(new PutFunctionConcurrencyCommand(nothing));
    await expect(invoke('compact', { source: SOURCE })).rejects.toMatchObject({
      name: 'TooManyRequestsException',
    });
    expect(await sumOf(rule, sinceMs)).toBeGreaterThanOrEqual(rule.Threshold);
    await lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName }));
    expect((await invoke('compact', { source: SOURCE })).FunctionError).toBeUndefined();
  });
});

describe('compaction-failing, when a pass can do nothing', () => {
  it(
    'counts its three tries, and none of the pass that is healed',
    async () => {
      const rule = await alarm('compaction-failing');
      const sinceMs = Date.now();
      const before = await sumOf(rule, sinceMs);
      for (const _ of [1, 2, 3]) {
        expect(
          (await invoke('compact', { source: 'no-such-source' })).FunctionError,
        ).toBeDefined();
      }
      const after = await sumOf(rule, sinceMs);
      expect(after - before).toBeGreaterThanOrEqual(rule.Threshold);
      expect((await invoke('compact', { source: SOURCE })).FunctionError).toBeUndefined();
      expect(await sumOf(rule, sinceMs)).toBe(after);
    },
    DRILL_MS,
  );
});

describe('alarms of what nobody should break on purpose', () => {
  it.each(['sync-timed-out', 'drain-timed-out', 'machine-throttled', 'ledger-throttled'])(
    '%s can be rung by hand, and set back',
    async (name) => {
      await setAlarm(name, 'ALARM');
      expect(await alarm(name)).toMatchObject({ state: 'ALARM' });
      await setAlarm(name, 'OK');
      expect(await alarm(name)).toMatchObject({ state: 'OK' });
    },
  );
});

const invoke = (name: string, payload: object) =>
  lambda.send(
    new InvokeCommand({ FunctionName: `${STACK}-${name}`, Payload: JSON.stringify(payload) }),
  );

/** As the compaction does a day later: what will never be published goes. */
async function removeRun(stream: string, runId: string): Promise<void> {
  for await (const { key } of lake.listObjects(streamPrefix({ source: SOURCE, stream }))) {
    if (!key.includes(`run=${runId}/`)) continue;
    const Bucket = output('LakeBucketName');
    await s3.send(new DeleteObjectCommand({ Bucket, Key: `lake/${key}` }));
  }
}
