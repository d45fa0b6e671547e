// The drills of function-errors, function-throttled and compaction-failing: a function without its
// code, one that may not run, a pass of the compaction that can do nothing.

import {
  DeleteFunctionConcurrencyCommand,
  InvokeCommand,
  PutFunctionConcurrencyCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { describe, expect, it } from 'vitest';
import { STACK } from '../deploy.ts';
import { expectWhole, SOURCE } from '../landed.ts';
import {
  DRILL_MS,
  lambda,
  openService,
  quiet,
  redrive,
  ringing,
  runOf,
  runSync,
} from './operations.ts';

openService();

const invoke = (name: string, payload: object) =>
  lambda.send(
    new InvokeCommand({ FunctionName: `${STACK}-${name}`, Payload: JSON.stringify(payload) }),
  );

/** The function may not run meanwhile. */
async function forbidden<Seen>(name: string, work: () => Promise<Seen>): Promise<Seen> {
  const FunctionName = `${STACK}-${name}`;
  const nothing = { FunctionName, ReservedConcurrentExecutions: 0 };
  await lambda.send(new PutFunctionConcurrencyCommand(nothing));
  try {
    return await work();
  } finally {
    await lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName }));
  }
}

describe('function-errors, when a function has no code', () => {
  it.each(['plan-run', 'pull-pages', 'finish-stream', 'finish-run'])(
    '%s rings, and not when its code is back',
    async (name) => {
      const change = (Handler: string) =>
        lambda.send(
          new UpdateFunctionConfigurationCommand({ FunctionName: `${STACK}-${name}`, Handler }),
        );
      await change('nothing.handler');
      const crashed = await ringing([`${name}-errors`], () => invoke(name, {}));
      expect(crashed.FunctionError).toBeDefined();
      await change('index.handler');
      const healed = await quiet([`${name}-errors`], () =>
        runSync({ source: SOURCE, streams: ['albums'] }),
      );
      expect(healed).toEqual({ status: 'SUCCEEDED', cause: '' });
    },
    DRILL_MS,
  );
});

describe('function-throttled, when a function may not run', () => {
  it.each(['plan-run', 'finish-stream', 'finish-run', 'compact'])(
    '%s rings, and runs again when it may',
    async (name) => {
      await forbidden(name, () =>
        ringing([`${name}-throttled`], () =>
          expect(invoke(name, { source: SOURCE })).rejects.toMatchObject({
            name: 'TooManyRequestsException',
          }),
        ),
      );
      await quiet([`${name}-throttled`], () => invoke(name, { source: SOURCE }));
    },
    DRILL_MS,
  );

  it(
    'pull-pages rings in the middle of a run, which goes on by itself when it may',
    async () => {
      const names = ['pull-pages-throttled'];
      const running = await forbidden('pull-pages', () =>
        ringing(names, async () => {
          const run = runSync({ source: SOURCE, streams: ['albums'] });
          await expect(invoke('pull-pages', {})).rejects.toBeDefined();
          return { run };
        }),
      );
      expect(await running.run).toMatchObject({ status: 'SUCCEEDED' });
      await expectWhole('albums', await runOf('albums'));
      await quiet(names, () => redrive(SOURCE));
    },
    DRILL_MS,
  );
});

describe('compaction-failing, when a pass can do nothing', () => {
  it(
    'rings at its third try, and not for the pass that is healed',
    async () => {
      const names = ['compaction-failing'];
      await ringing(names, async () => {
        for (const _ of [1, 2, 3]) {
          const { FunctionError } = await invoke('compact', { source: 'no-such-source' });
          expect(FunctionError).toBeDefined();
        }
      });
      const healed = await quiet(names, () => invoke('compact', { source: SOURCE }));
      expect(healed.FunctionError).toBeUndefined();
    },
    DRILL_MS,
  );
});
