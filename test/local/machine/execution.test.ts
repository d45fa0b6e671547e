import { describe, expect, it } from 'vitest';
import { definitionText } from '../../../infra/parts/definition.ts';
import {
  type Ended,
  named,
  runExecution,
  type StateMachineDefinition,
  type Tasks,
} from '../../../local/machine/execution.ts';
import { STATE_BYTES } from '../../../shared/core/bounds.ts';

const ID = 'local:1:test';

interface Retrier {
  readonly ErrorEquals: string[];
  readonly MaxAttempts: number;
}

const lambda = 'arn:aws:states:::lambda:invoke';
const oneTask = (Retry: Retrier[] = []): StateMachineDefinition => ({
  StartAt: 'Work',
  States: {
    Work: {
      Type: 'Task',
      Resource: lambda,
      Parameters: { FunctionName: 'x', 'Payload.$': '$' },
      OutputPath: '$.Payload',
      Retry,
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }],
      End: true,
    },
    Caught: { Type: 'Succeed' },
  },
});

/** Counts rounds until `$.n` is `n`. A round is a Task and a Choice: seven events, or eight. */
const loop = (n: number, resource = lambda): StateMachineDefinition => ({
  StartAt: 'Work',
  States: {
    Work: {
      Type: 'Task',
      Resource: resource,
      Parameters: { FunctionName: 'x', 'Payload.$': '$' },
      OutputPath: '$.Payload',
      Next: 'Again',
    },
    Again: {
      Type: 'Choice',
      Choices: [{ Variable: '$.n', NumericLessThan: n, Next: 'Work' }],
      Default: 'Done',
    },
    Done: { Type: 'Succeed' },
  },
});

const execute = (work: (payload: unknown) => unknown, input: object = {}): Promise<Ended> => {
  const tasks: Tasks = { Work: async ({ Payload }) => ({ Payload: work(Payload) }) };
  return runExecution(oneTask(), input, tasks, { id: ID });
};

describe('an execution', () => {
  it('hands over what JSON can say, as between a machine and a Lambda', async () => {
    const heard: unknown[] = [];
    const ended = await execute(
      (payload) => {
        heard.push(payload);
        return {
          at: new Date(0),
          gone: undefined,
          not: Number.NaN,
          list: [undefined],
          map: new Map(),
        };
      },
      { since: new Date(0), gone: undefined },
    );
    expect(heard).toEqual([{ since: '1970-01-01T00:00:00.000Z' }]);
    expect(Object.keys(Object(heard[0]))).toEqual(['since']);
    const output = { at: '1970-01-01T00:00:00.000Z', not: null, list: [null], map: {} };
    expect(ended).toStrictEqual({ kind: 'succeeded', output });
  });

  it('catches what a task throws, and gives a later task no part of an earlier object', async () => {
    const ended = await execute(() => {
      throw new TypeError('no such thing');
    });
    expect(ended).toMatchObject({ kind: 'succeeded', output: { Cause: 'no such thing' } });
  });

  it('counts the tries of each retrier by themselves, and ends when one has none left', async () => {
    const machine = oneTask([
      { ErrorEquals: ['Lambda.TooManyRequestsException'], MaxAttempts: 2 },
      { ErrorEquals: ['States.TaskFailed'], MaxAttempts: 1 },
    ]);
    const run = async (names: string[]): Promise<Ended> => {
      const faults = names.values();
      const Work = async () => {
        const { value } = faults.next();
        if (value) throw named(value, 'not now');
        return { Payload: { left: [...faults] } };
      };
      return runExecution(machine, {}, { Work }, { id: ID });
    };
    const [busy, crash] = ['Lambda.TooManyRequestsException', 'TypeError'];
    expect(await run([busy, crash, busy])).toMatchObject({ output: { left: [] } });
    expect(await run([busy, busy, busy])).toMatchObject({ output: { Error: busy } });
  });

  it('ends when a result is longer than 256 KiB, and no Catch can stop that', async () => {
    const around = '{"Payload":{"text":""}}'.length;
    const fits = await execute(() => ({ text: 'x'.repeat(STATE_BYTES - around) }));
    expect(fits.kind).toBe('succeeded');
    const over = await execute(() => ({ text: 'é'.repeat(STATE_BYTES / 2) }));
    expect(over).toEqual({
      kind: 'failed',
      error: 'States.DataLimitExceeded',
      cause: `The result of Work has ${STATE_BYTES + around} bytes, more than ${STATE_BYTES}.`,
    });
  });

  it('ends when its input is longer than 256 KiB', async () => {
    const ended = await execute(() => ({}), { text: 'x'.repeat(STATE_BYTES) });
    expect(ended).toMatchObject({ kind: 'failed', error: 'States.DataLimitExceeded' });
  });

  it('ends past 25,000 events, and not before', async () => {
    const run = async (rounds: number) => {
      let n = 0;
      const tasks: Tasks = { Work: async () => ({ Payload: { n: ++n } }) };
      return { ended: await runExecution(loop(rounds), {}, tasks, { id: ID }), n };
    };
    const rounds = Math.floor((25_000 - 4) / 7);
    expect(await run(rounds)).toEqual({
      ended: { kind: 'succeeded', output: { n: rounds } },
      n: rounds,
    });
    const endless = await run(Number.MAX_SAFE_INTEGER);
    expect(endless.ended).toEqual({
      kind: 'failed',
      error: 'States.HistoryLimitExceeded',
      cause: 'The execution passed 25000 events.',
    });
  });

  it('counts one event more for each execution that it starts', async () => {
    const run = (rounds: number): Promise<Ended> => {
      let n = 0;
      const tasks: Tasks = { Work: async () => ({ Payload: { n: ++n } }) };
      const nested = 'arn:aws:states:::states:startExecution.sync:2';
      return runExecution(loop(rounds, nested), {}, tasks, { id: ID });
    };
    const rounds = Math.floor((25_000 - 4) / 8);
    expect(await run(rounds)).toMatchObject({ kind: 'succeeded' });
    const over = await run(rounds + 2);
    expect(over).toMatchObject({ kind: 'failed', error: 'States.HistoryLimitExceeded' });
  });

  it('goes through the Wait state when a round says so', async () => {
    const answers = ['more', 'wait', 'more', 'wait', 'done'];
    const rounds: unknown[] = [];
    const tasks: Tasks = {
      PullPages: async ({ Payload }) => {
        rounds.push(Payload);
        return { Payload: { kind: answers.shift(), waitSeconds: 86_400, round: rounds.length } };
      },
    };
    const drain = JSON.parse(definitionText('drain'));
    const ended = await runExecution(drain, { round: 0 }, tasks, { id: ID, waitMs: 0 });
    expect(ended).toMatchObject({ kind: 'succeeded', output: { kind: 'done', round: 5 } });
    expect(rounds).toMatchObject([{ round: 0 }, { round: 1 }, { round: 2 }, { round: 3 }, {}]);
  });

  it('that is aborted is neither done nor failed', async () => {
    const controller = new AbortController();
    const tasks: Tasks = {
      Work: async () => {
        controller.abort();
        return {};
      },
    };
    const ended = await runExecution(oneTask(), {}, tasks, { id: ID, signal: controller.signal });
    expect(ended).toEqual({ kind: 'aborted' });
  });
});

describe('a Wait of an execution', () => {
  const waitOnce: StateMachineDefinition = {
    StartAt: 'Pause',
    States: {
      Pause: { Type: 'Wait', SecondsPath: '$.waitSeconds', Next: 'Done' },
      Done: { Type: 'Succeed' },
    },
  };

  it('is slept by the clock, a month too, and hands on its input', async () => {
    const slept: number[] = [];
    const clock = {
      sleep: async (ms: number) => {
        slept.push(ms);
      },
    };
    const input = { waitSeconds: 31 * 86_400, more: [1] };
    const ended = await runExecution(waitOnce, input, {}, { id: ID, clock });
    expect(ended).toEqual({ kind: 'succeeded', output: input });
    expect(slept).toEqual([31 * 86_400_000]);
  });

  it('ends with the execution when that is aborted', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const ended = runExecution(waitOnce, { waitSeconds: 31 * 86_400 }, {}, { id: ID, signal });
    setImmediate(() => controller.abort());
    expect(await ended).toEqual({ kind: 'aborted' });
  });
});
