import { ExecutionAlreadyExists } from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import { planEvent, readEvent } from '../../../functions/events.ts';
import { beginRun, executionName } from '../../../local/stack/begin.ts';
import {
  consoleLink,
  covers,
  describeInput,
  type Execution,
  isSame,
  type RunInput,
} from '../../../local/stack/executions.ts';
import { toRedrive } from '../../../local/stack/redrive.ts';
import { virtualClock } from '../../../shared/ports/clock-virtual.ts';
import { memoryLedger } from '../../../shared/ports/ledger/ledger.ts';

const anExecution = (input: RunInput, changes: Partial<Execution> = {}): Execution => ({
  arn: 'arn:aws:states:us-east-1:1:execution:sync:one',
  name: 'one',
  status: 'SUCCEEDED',
  startedAtMs: 0,
  input,
  inputText: JSON.stringify(input),
  ...changes,
});
const all: RunInput = { source: 'shop' };
const items: RunInput = { source: 'shop', streams: ['items'] };
const failed = (input: RunInput): Execution => anExecution(input, { status: 'FAILED' });

/** A run of both streams that found one of them busy. */
const withBusy = (busy: string): Execution => {
  const streams = ['items', 'orders'].map((stream) => ({
    stream,
    status: stream === busy ? 'busy' : 'done',
  }));
  return anExecution(all, { output: JSON.stringify({ kind: 'done', streams }) });
};

describe('what is left to redrive', () => {
  it.each<[string, Execution[], RunInput[]]>([
    ['nothing, when the last run succeeded', [anExecution(all), failed(all)], []],
    ['the input of a run that failed', [failed(items)], [items]],
    [
      'what was stopped or timed out',
      [
        anExecution(all, { status: 'ABORTED' }),
        anExecution({ source: 'bank' }, { status: 'TIMED_OUT' }),
      ],
      [{ source: 'bank' }, all],
    ],
    [
      'nothing, while a run makes up for it',
      [anExecution(all, { status: 'RUNNING' }), failed(items)],
      [],
    ],
    [
      'one run for two that failed, when the later covers the earlier',
      [failed(all), failed(items)],
      [all],
    ],
    ['both, when the later reads less', [failed(items), failed(all)], [all, items]],
    ['what only a part of was read since', [anExecution(items), failed(all)], [all]],
    [
      'a full refresh, which no other run makes up for',
      [anExecution(all), failed({ ...all, fullRefresh: true })],
      [{ ...all, fullRefresh: true }],
    ],
    [
      'the word that a source has moved, which an ordinary run that failed does not give',
      [failed(all), failed({ ...all, sameData: true })],
      [{ ...all, sameData: true }, all],
    ],
    [
      'not that word, once nothing was refused without it',
      [failed(items), anExecution(all), failed({ ...all, sameData: true })],
      [items],
    ],
    [
      'not that word, when a full refresh begins anew',
      [failed({ ...all, fullRefresh: true }), failed({ ...all, sameData: true })],
      [{ ...all, fullRefresh: true }],
    ],
    ['a run that the next one left its streams to', [withBusy('items'), failed(all)], [all]],
    ['nothing of the streams that were free', [withBusy('orders'), failed(items)], []],
    ['nothing of what is no input', [{ ...failed(all), input: undefined } as never], []],
  ])('is %s', (_, executions, inputs) => {
    expect(toRedrive(executions).inputs).toEqual(inputs);
  });

  it('leaves out what was refused for its input, and tells of it', () => {
    const refused = anExecution(items, { status: 'FAILED', error: 'Driplake.Configuration' });
    expect(toRedrive([refused, failed(items)])).toEqual({ inputs: [items], refused: [refused] });
  });
});

describe('inputs', () => {
  it('cover each other when they ask for the same, in any order of streams', () => {
    const one = { source: 'shop', streams: ['a', 'b'] };
    const other = { source: 'shop', streams: ['b', 'a'], fullRefresh: false };
    expect(covers(one, other) && covers(other, one)).toBe(true);
    expect(covers(items, all)).toBe(false);
    expect(covers({ source: 'bank' }, all)).toBe(false);
  });

  it('are others with the word that a source has moved', () => {
    const moved: RunInput = { ...all, sameData: true };
    expect([isSame(moved, all), isSame(all, moved), isSame(moved, moved)]).toEqual([
      false,
      false,
      true,
    ]);
    expect(describeInput(anExecution(moved))).toBe('shop, same data');
  });

  it('take the word that a source has moved, and never with a full refresh', () => {
    const input = { source: 'shop', sameData: true };
    const event = { input, execution: 'e', startedAt: '2026-11-22T01:55:00Z' };
    expect(readEvent(planEvent, event).input).toEqual(input);
    const both = { ...event, input: { ...input, fullRefresh: true } };
    expect(() => readEvent(planEvent, both)).toThrow(
      'input.sameData: expected to stand without fullRefresh, which begins anew, got true',
    );
    const no = { ...event, input: { ...input, sameData: false } };
    expect(() => readEvent(planEvent, no)).toThrow('input.sameData');
  });
});

describe('the name of an execution', () => {
  const now = new Date('2026-11-22T01:55:00.999Z');

  it('is the same for the same request in one second', () => {
    const name = executionName({ source: 'shop', streams: ['a', 'b'] }, now);
    expect(name).toMatch(/^shop-20261122T015500Z-[0-9a-f]{8}$/);
    expect(executionName({ source: 'shop', streams: ['b', 'a'] }, now)).toBe(name);
    expect(executionName({ source: 'shop', streams: ['a'] }, now)).not.toBe(name);
    expect(executionName(all, now)).not.toBe(executionName({ ...all, fullRefresh: true }, now));
    expect(executionName(all, now)).not.toBe(executionName({ ...all, sameData: true }, now));
  });

  it('finds the execution of a request that was made already in this second', async () => {
    const asked: string[] = [];
    const stepFunctions = {
      async send({ input }: { input: { name?: string } }) {
        if (input.name === undefined) return { executions: [] };
        asked.push(input.name);
        throw new ExecutionAlreadyExists({ message: 'It is there.', $metadata: {} });
      },
    };
    const stack = {
      ...{ name: 'Driplake', access: {}, lakeUrl: 's3://lake' },
      ...{ syncMachineArn: 'arn:aws:states:us-east-1:1:stateMachine:sync', drainMachineArn: '' },
      ledger: memoryLedger(virtualClock(0)),
      stepFunctions: stepFunctions as never,
    };
    expect(await beginRun(stack, all)).toMatchObject({
      ...{ status: 'started', input: all, others: [] },
      arn: `arn:aws:states:us-east-1:1:execution:sync:${asked[0]}`,
    });
  });

  it('is one that Step Functions takes, whatever the source is called', () => {
    expect(executionName({ source: 's'.repeat(48) }, now)).toMatch(/^[\w-]{74}$/);
  });

  it('leads to the console of its partition', () => {
    const link = consoleLink('arn:aws-cn:states:cn-north-1:1:execution:sync:one');
    expect(link).toMatch(
      /^https:\/\/cn-north-1\.console\.amazonaws\.cn\/states\/home\?region=cn-/,
    );
  });
});
