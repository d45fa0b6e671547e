import { ExecutionStatus } from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import { stackRuns } from '../../../local/stack/stack-runs.ts';
import { newStreamRun, type StreamRun, type StreamState } from '../../../shared/core/run/run.ts';
import { virtualClock } from '../../../shared/ports/clock-virtual.ts';
import { type Ledger, memoryLedger } from '../../../shared/ports/ledger/ledger.ts';
import { runIdFor } from '../../../shared/pull/plan/stream-decision.ts';
import { cleanUpWorkplaces } from '../command.ts';
import { operatorOf } from '../source/odd-account.ts';

cleanUpWorkplaces();

const MACHINE = 'arn:aws:states:us-east-1:1:stateMachine:sync';
const arnOf = (name: string): string => `arn:aws:states:us-east-1:1:execution:sync:${name}`;
const AT = Date.UTC(2026, 10, 22, 1, 55);

interface Fixture {
  readonly name: string;
  readonly status: ExecutionStatus;
  readonly source?: string;
  readonly output?: object;
  /** What FinishRun answered. */
  readonly finished?: object;
  readonly cause?: string;
}

/** As much of Step Functions as is asked: its list, its descriptions, the end of its histories. */
const machineOf = (executions: readonly Fixture[], asked: string[] = []) => ({
  async send({ input }: { input: Record<string, unknown> }) {
    asked.push(Object.keys(input).join());
    if (input['stateMachineArn']) {
      const most = executions.slice(0, Number(input['maxResults']));
      return { executions: most.map(({ name }) => ({ executionArn: arnOf(name) })) };
    }
    const one = executions.find(({ name }) => arnOf(name) === input['executionArn']);
    if (!one) throw new Error(`There is no ${input['executionArn']}.`);
    if (input['reverseOrder']) {
      const exited = { name: 'FinishRun', output: JSON.stringify(one.finished) };
      return { events: one.finished ? [{ stateExitedEventDetails: exited }] : [] };
    }
    const ended = one.status === 'RUNNING' ? {} : { stopDate: new Date(AT + 60_000) };
    return {
      ...{ executionArn: arnOf(one.name), name: one.name, status: one.status, ...ended },
      ...{ startDate: new Date(AT), input: JSON.stringify({ source: one.source ?? 'shop' }) },
      ...(one.output ? { output: JSON.stringify(one.output) } : {}),
      ...(one.cause ? { error: 'Driplake.Configuration', cause: one.cause } : {}),
    };
  },
});

const reported = (status: 'done' | 'failed', ...causes: string[]) => ({
  ...{ kind: status, runId: 'r1', status, source: 'shop', cause: causes.join() },
  streams: [
    stream('items', 'done', 300),
    ...causes.map((cause) => ({ ...stream('orders', 'failed', 7), cause })),
  ],
});
const stream = (name: string, status: string, records: number) => ({
  ...{ stream: name, status, records, pages: 3, bytes: 9, objects: 1, requests: 3, throttled: 0 },
  ...{ waitedSeconds: 0, seconds: 2 },
});

const stackOf = (executions: readonly Fixture[], ledger = emptyLedger(), asked?: string[]) => ({
  ...{ syncMachineArn: MACHINE, ledger },
  stepFunctions: machineOf(executions, asked) as never,
});
const emptyLedger = (): Ledger => memoryLedger(virtualClock(AT));

/** A ledger where this run has read of a stream. */
async function ledgerWith(runId: string, run: Partial<StreamRun>, holder = ''): Promise<Ledger> {
  const ledger = emptyLedger();
  const state: StreamState = {
    ...{ source: 'shop', stream: 'items', revision: 1, fence: 1, holder },
    ...{ streamLeaseUntilMs: 0, freshAtMs: AT, leasedAtMs: AT },
    run: { ...newStreamRun({ runId, startedAtMs: AT, fullRefresh: false, walk: 'w' }), ...run },
  };
  await ledger.moveStream(state);
  return ledger;
}

describe('the runs of a deployed stack', () => {
  it('are its executions, with what their reports tell', async () => {
    const asked: string[] = [];
    const executions: Fixture[] = [
      { name: 'b', status: 'FAILED', finished: reported('failed', 'HTTP 403') },
      { name: 'a', status: 'SUCCEEDED', output: reported('done') },
    ];
    const [failed, done] = await stackRuns(
      stackOf(executions, emptyLedger(), asked),
      undefined,
      9,
    );
    expect(done).toEqual({
      ...{ runId: 'r1', execution: arnOf('a'), source: 'shop', status: 'done' },
      ...{ startedAt: '2026-11-22T01:55:00.000Z', endedAt: '2026-11-22T01:56:00.000Z' },
      ...{ streams: reported('done').streams, pages: 3, records: 300 },
      dollars: expect.closeTo(0.0005, 4),
    });
    expect(failed).toMatchObject({ status: 'failed', records: 307 });
    expect(failed?.streams?.[1]).toMatchObject({ stream: 'orders', cause: 'HTTP 403' });
    expect(failed).not.toHaveProperty('cause');
    expect(asked.filter((one) => one.includes('reverseOrder'))).toHaveLength(1);
  });

  it('have read what the ledger says, while they are going on and after they were stopped', async () => {
    const counts = { pages: 4, records: 400, requests: 4, activeMs: 9_000 };
    const runId = runIdFor({ id: arnOf('a'), startedAtMs: AT });
    const going = await ledgerWith('r0', counts, arnOf('a'));
    await going.writeRun({
      ...{ source: 'shop', runId: 'r0', status: 'running', startedAtMs: AT, fullRefresh: false },
      ...{ streams: ['items'], holder: arnOf('a') },
    });
    expect(
      await stackRuns(stackOf([{ name: 'a', status: 'RUNNING' }], going), undefined, 9),
    ).toMatchObject([
      { runId: 'r0', status: 'running', records: 400, streams: [{ status: 'running' }] },
    ]);
    const stopped = await ledgerWith(runId, counts);
    expect(
      await stackRuns(stackOf([{ name: 'a', status: 'ABORTED' }], stopped), undefined, 9),
    ).toMatchObject([
      { runId, status: 'interrupted', records: 400, streams: [{ status: 'interrupted' }] },
    ]);
  });

  it('have read nobody knows what, when a later run has taken their place in the ledger', async () => {
    const later = await ledgerWith('r2', { records: 400, status: 'finished' });
    const executions: Fixture[] = [{ name: 'a', status: 'TIMED_OUT' }];
    const [run] = await stackRuns(stackOf(executions, later), undefined, 9);
    expect(run).toEqual({
      ...{ execution: arnOf('a'), source: 'shop', status: 'timed out' },
      ...{ startedAt: '2026-11-22T01:55:00.000Z', endedAt: '2026-11-22T01:56:00.000Z' },
    });
  });

  it('say why they failed before they had a report', async () => {
    const executions: Fixture[] = [{ name: 'a', status: 'FAILED', cause: 'No stream nope.' }];
    expect(await stackRuns(stackOf(executions), undefined, 9)).toMatchObject([
      { status: 'failed', cause: 'Driplake.Configuration: No stream nope.' },
    ]);
  });

  it('are found among those of other sources, and are at most so many', async () => {
    const executions: Fixture[] = Array.from({ length: 30 }, (_, at) => ({
      ...{ name: `e${at}`, status: 'SUCCEEDED', output: reported('done') },
      source: at % 3 === 0 ? 'shop' : 'bank',
    }));
    const names = async (source: string | undefined, atMost: number): Promise<string[]> =>
      (await stackRuns(stackOf(executions), source, atMost)).map(
        ({ execution = '' }) => execution.split(':').at(-1) ?? '',
      );
    expect(await names('shop', 3)).toEqual(['e0', 'e3', 'e6']);
    expect(await names(undefined, 2)).toEqual(['e0', 'e1']);
    expect(await names('books', 2)).toEqual([]);
  });

  it('know every status that Step Functions has', async () => {
    for (const status of Object.values(ExecutionStatus)) {
      const [run] = await stackRuns(stackOf([{ name: 'a', status }]), undefined, 1);
      expect(run?.status).toEqual(expect.any(String));
    }
  });

  it('are asked for with --stack, and the table of none is a sentence', async () => {
    const place = await operatorOf({ status: 'UPDATE_COMPLETE' });
    const [told, json, astray] = await Promise.all([
      place.run('runs', '--stack', 'Driplake', '--source', 'shop'),
      place.run('runs', '--stack', 'Driplake', '--json'),
      place.run('runs', '--profile', 'operator'),
    ]);
    expect(told).toMatchObject({ code: 0, stdout: 'No run of shop is known in Driplake.\n' });
    expect(JSON.parse(json.stdout)).toEqual({ stack: 'Driplake', runs: [] });
    expect(astray).toMatchObject({ code: 2, stdout: '' });
    expect(astray.stderr).toContain("'--profile' and '--region' go with '--stack <name>'");
  });
});
