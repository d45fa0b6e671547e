// The drills of sync-timed-out and drain-timed-out: somebody gave the machine a timeout of its own,
// and an API lets a run wait for longer.

import { DescribeStateMachineCommand, UpdateStateMachineCommand } from '@aws-sdk/client-sfn';
import { expect, it } from 'vitest';
import { ledger, output, stepFunctions } from '../clients.ts';
import { expectWhole, SOURCE } from '../landed.ts';
import {
  DRILL_MS,
  idle,
  openService,
  quiet,
  redrive,
  ringing,
  runOf,
  runSync,
} from './operations.ts';

const service = openService();

/** The run is over by then, unless it waits. */
const TIMEOUT_SECONDS = 12;
/** Longer than a function sleeps at its memory: the machine waits. */
const BLOCK_SECONDS = 25;

it.each([
  { name: 'sync-timed-out', machine: 'SyncMachineArn', ended: 'TIMED_OUT' },
  { name: 'drain-timed-out', machine: 'DrainMachineArn', ended: 'FAILED' },
])(
  '$name rings, and the run goes on from its cursor when it is redriven',
  async ({ name, machine, ended }) => {
    const stateMachineArn = output(machine);
    const { definition = '' } = await stepFunctions.send(
      new DescribeStateMachineCommand({ stateMachineArn }),
    );
    const change = (text: string) =>
      stepFunctions.send(new UpdateStateMachineCommand({ stateMachineArn, definition: text }));
    await change(JSON.stringify({ ...JSON.parse(definition), TimeoutSeconds: TIMEOUT_SECONDS }));
    service.breakWith(({ pathname, searchParams }) =>
      pathname === '/albums' && Number(searchParams.get('_start')) >= 60
        ? { status: 429, headers: { 'Retry-After': String(BLOCK_SECONDS) }, body: '' }
        : undefined,
    );
    const run = await ringing([name], () => runSync({ source: SOURCE, streams: ['albums'] }));
    expect(run.status).toBe(ended);
    const left = await runOf('albums');
    expect((await ledger.readStream(SOURCE, 'albums'))?.run).toMatchObject({ pages: 3 });

    await change(definition);
    service.breakWith();
    // What the schedule began meanwhile has the short time as well.
    await idle();
    const redriven = await quiet([name], () => redrive(SOURCE));
    expect(redriven).toContainEqual({ status: 'SUCCEEDED', cause: '' });
    expect(await runOf('albums')).toBe(left);
    await expectWhole('albums', left);
  },
  DRILL_MS,
);
