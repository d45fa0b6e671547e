import aslValidator from 'asl-validator';
import { describe, expect, it } from 'vitest';
import {
  definitionText,
  type Retrier,
  readDefinition,
  type State,
  statesOf,
  waysOutOf,
} from '../../infra/parts/definition.ts';
import { pictures } from '../../infra/picture.ts';
import {
  EXECUTION_EVENTS,
  ROUNDS_PER_EXECUTION,
  SEGMENTS_PER_RUN,
  STREAMS_PER_SOURCE,
  WAVES,
} from '../../shared/core/bounds.ts';
import { Failure } from '../../shared/core/failures.ts';

const machines = ['sync', 'drain'] as const;
const drain = readDefinition(definitionText('drain'));
const all = machines.flatMap((machine) => statesOf(readDefinition(definitionText(machine))));
const tasks = all.flatMap(([name, state]) => (state.Type === 'Task' ? [{ name, ...state }] : []));
const invocations = tasks.filter(({ Resource }) => Resource.includes('lambda'));

/** Concurrency of the function or of the account is used up. */
const BUSY = 'Lambda.TooManyRequestsException';

/** Seconds that all pauses of a retrier take in the mean: of each, full jitter takes half. */
const pausesOf = ({
  IntervalSeconds,
  BackoffRate,
  MaxDelaySeconds = 0,
  ...more
}: Retrier): number =>
  Array.from({ length: more.MaxAttempts }, (_, index) =>
    Math.min(MaxDelaySeconds, IntervalSeconds * BackoffRate ** index),
  ).reduce((sum, seconds) => sum + seconds / 2, 0);

/**
 * History events of a state (Step Functions developer guide; one execution counted): a Lambda task
 * is entered, scheduled, started, succeeded, exited; a nested execution also says "submitted".
 */
function eventsOf(state: State): number {
  if (state.Type !== 'Task') return state.Type === 'Succeed' || state.Type === 'Fail' ? 3 : 2;
  return state.Resource.includes('startExecution') ? 6 : 5;
}

/** A retried task is scheduled, started and failed once more. */
const EVENTS_PER_RETRY = 3;

describe('both state machines', () => {
  it.each(machines)('%s is valid Amazon States Language', (machine) => {
    const { isValid, errors } = aslValidator(JSON.parse(definitionText(machine)));
    expect(errors).toEqual([]);
    expect(isValid).toBe(true);
  });

  it.each(tasks)('$name has a timeout', ({ TimeoutSeconds }) => {
    expect(TimeoutSeconds).toBeGreaterThan(0);
  });

  it.each(tasks)('$name retries what AWS may fail at, with jitter and a longest pause', (task) => {
    expect(task.Retry?.length).toBeGreaterThan(0);
    for (const retry of task.Retry ?? []) {
      expect(retry).toMatchObject({
        JitterStrategy: 'FULL',
        MaxDelaySeconds: expect.any(Number),
        MaxAttempts: expect.any(Number),
      });
    }
  });

  it.each(invocations)(
    '$name retries what Lambda may fail at, and crashes and timeouts of the function',
    ({ Retry }) => {
      expect(Retry?.map(({ ErrorEquals }) => ErrorEquals)).toEqual([
        [BUSY],
        [
          'Lambda.ClientExecutionTimeoutException',
          'Lambda.ServiceException',
          'Lambda.AWSLambdaException',
          'Lambda.SdkClientException',
          'Sandbox.Timedout',
          'Lambda.Unknown',
        ],
        ['States.TaskFailed', 'States.Timeout'],
      ]);
    },
  );

  it.each(invocations)('$name is tried for some 43 minutes while Lambda is busy', ({ Retry }) => {
    const [busy] = Retry ?? [];
    expect(busy && Math.round(pausesOf(busy) / 60)).toBe(43);
  });

  it('leaves no Choice without a default', () => {
    const open = all.filter(([, state]) => state.Type === 'Choice' && state.Default === undefined);
    expect(open.map(([name]) => name)).toEqual([]);
  });

  it('lets nothing but ids, counts and the ends of streams travel in the state', () => {
    const passed = all.flatMap(([, state]) =>
      'Parameters' in state ? leaves(state.Parameters) : [],
    );
    const data = passed.filter((leaf) => !leaf.startsWith('${'));
    expect([...new Set(data)].sort()).toEqual([
      '$', // the whole state: what a function answered, and it answers ids
      '$$.Execution.Id',
      '$$.Execution.StartTime',
      '$.failure.Error',
      '$.fence',
      '$.runId',
      '$.segment',
      '$.source',
      '$.stream',
      '0',
      'failed',
    ]);
  });

  it('fails only under names that failures.ts knows', () => {
    const names = all.flatMap(([, state]) => (state.Type === 'Fail' ? [state.Error] : []));
    expect(names.filter((name) => !Object.values<string>(Failure).includes(name))).toEqual([]);
  });

  it('looks like this', () => {
    expect(pictures()).toMatchSnapshot();
  });
});

describe('the history of an execution', () => {
  it('has 9 events for a round that waits', () => {
    const round = ['PullPages', 'WhatNext', 'WaitForPermits'];
    expect(ways('PullPages')).toContain('WhatNext');
    expect(ways('WhatNext')).toContain('WaitForPermits');
    expect(ways('WaitForPermits')).toEqual(['PullPages']);
    expect(sumOfEvents(drain.States, round)).toBe(9);
  });

  it('holds all rounds of a drain, all retries of a fault in each tenth, and 1,300 of a busy Lambda', () => {
    const pull = drain.States['PullPages'];
    const retriers = (pull?.Type === 'Task' ? pull.Retry : undefined) ?? [];
    const faults = retriers.filter(({ ErrorEquals }) => !ErrorEquals.includes(BUSY));
    const retries = faults.reduce((sum, { MaxAttempts }) => sum + MaxAttempts, 0);
    expect(retries).toBe(9);
    const events = ROUNDS_PER_EXECUTION * (9 + (retries * EVENTS_PER_RETRY) / 10);
    expect(events + 1_300 * EVENTS_PER_RETRY).toBeLessThan(EXECUTION_EVENTS);
  });

  it('holds all segments of a sync run beside its streams, its waves and 1,500 retries', () => {
    const sync = readDefinition(definitionText('sync')).States;
    const map = sync['DrainStreams'];
    if (map?.Type !== 'Map') expect.fail('DrainStreams is a Map');
    const { States } = map.ItemProcessor;
    const perSegment = sumOfEvents(States, ['Drain', 'Whole']);
    // An iteration starts and succeeds; a stream that fails passes through two states.
    const perStream = 2 + sumOfEvents(States, ['FinishStream', 'StreamFailed']);
    const total = STREAMS_PER_SOURCE * perStream + SEGMENTS_PER_RUN * perSegment;
    // A Map is entered and exited, and starts and succeeds between.
    const perWave = 2 + sumOfEvents(sync, ['PlanRun', 'WhatPlan', 'DrainStreams', 'WhatFollows']);
    const events = total + WAVES * perWave + 1_500 * EVENTS_PER_RETRY;
    expect(events).toBeLessThan(EXECUTION_EVENTS);
  });
});

const sumOfEvents = (states: Record<string, State>, names: string[]): number =>
  names
    .map((name) => states[name] ?? expect.fail(`there is no state ${name}`))
    .reduce((sum, state) => sum + eventsOf(state), 0);

function ways(name: string): string[] {
  const state = drain.States[name] ?? expect.fail(`there is no state ${name}`);
  return waysOutOf(state).map(({ to }) => to);
}

/** Every value that a state passes on, in text. */
function leaves(value: unknown): string[] {
  return typeof value === 'object' && value !== null
    ? Object.values(value).flatMap(leaves)
    : [String(value)];
}
