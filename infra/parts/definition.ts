// The part of the Amazon States Language that the two machines use, as data: for the picture and
// for the tests. What it does not know it refuses, so that neither can overlook a state.

import { readFileSync } from 'node:fs';
import * as z from 'zod';

const name = z.string();
const retrier = z.strictObject({
  ErrorEquals: z.array(z.string()).min(1),
  IntervalSeconds: z.int(),
  MaxAttempts: z.int(),
  BackoffRate: z.number(),
  MaxDelaySeconds: z.int().optional(),
  JitterStrategy: z.enum(['FULL', 'NONE']).optional(),
});
const catcher = z.strictObject({
  ErrorEquals: z.array(z.string()).min(1),
  ResultPath: z.string().optional(),
  Next: name,
});
const onward = {
  Comment: z.string().optional(),
  Next: name.optional(),
  End: z.boolean().optional(),
};
const parameters = z.record(z.string(), z.unknown());

const task = z.strictObject({
  ...onward,
  Type: z.literal('Task'),
  Resource: z.string(),
  Parameters: parameters,
  TimeoutSeconds: z.int().optional(),
  OutputPath: z.string().optional(),
  Retry: z.array(retrier).optional(),
  Catch: z.array(catcher).optional(),
});
const choice = z.strictObject({
  Comment: z.string().optional(),
  Type: z.literal('Choice'),
  Choices: z.array(z.strictObject({ Variable: z.string(), StringEquals: z.string(), Next: name })),
  Default: name.optional(),
});
const wait = z.strictObject({ ...onward, Type: z.literal('Wait'), SecondsPath: z.string() });
const pass = z.strictObject({ ...onward, Type: z.literal('Pass'), Parameters: parameters });
const succeed = z.strictObject({ Comment: z.string().optional(), Type: z.literal('Succeed') });
const fail = z.strictObject({
  Comment: z.string().optional(),
  Type: z.literal('Fail'),
  Error: z.string(),
  Cause: z.string().optional(),
  CausePath: z.string().optional(),
});

const steps = [task, choice, wait, pass, succeed, fail] as const;
const map = z.strictObject({
  ...onward,
  Type: z.literal('Map'),
  ItemsPath: z.string(),
  MaxConcurrencyPath: z.string(),
  ResultPath: z.string().optional(),
  ItemProcessor: z.strictObject({
    ProcessorConfig: z.strictObject({ Mode: z.literal('INLINE') }),
    StartAt: name,
    States: z.record(name, z.discriminatedUnion('Type', steps)),
  }),
});

const state = z.discriminatedUnion('Type', [...steps, map]);
const definition = z.strictObject({
  Comment: z.string(),
  StartAt: name,
  States: z.record(name, state),
});

export type MachineName = 'sync' | 'drain';
export type Retrier = z.infer<typeof retrier>;
export type State = z.infer<typeof state>;
export type Definition = z.infer<typeof definition>;

/** The text of a machine's definition, its `${placeholders}` not yet replaced. */
export const definitionText = (machine: MachineName): string =>
  readFileSync(new URL(`../${machine}.asl.json`, import.meta.url), 'utf8');

/** @throws ZodError for a state or a field that neither machine has had so far */
export const readDefinition = (text: string): Definition => definition.parse(JSON.parse(text));

/** All states with their names, those inside a Map after it. */
export function statesOf({ States }: { States: Record<string, State> }): [string, State][] {
  return Object.entries(States).flatMap(([key, value]): [string, State][] =>
    value.Type === 'Map' ? [[key, value], ...statesOf(value.ItemProcessor)] : [[key, value]],
  );
}

/** Where a state may go, each way with the case that leads there (`''` when there is only one). */
export function waysOutOf(from: State): { to: string; when: string }[] {
  switch (from.Type) {
    case 'Choice':
      return [
        ...from.Choices.map(({ Next, StringEquals }) => ({ to: Next, when: StringEquals })),
        ...(from.Default === undefined ? [] : [{ to: from.Default, when: 'otherwise' }]),
      ];
    case 'Succeed':
    case 'Fail':
      return [];
    default: {
      const next = from.Next === undefined ? [] : [{ to: from.Next, when: '' }];
      const caught = from.Type === 'Task' ? (from.Catch ?? []) : [];
      return [...next, ...caught.map(({ Next }) => ({ to: Next, when: 'failed' }))];
    }
  }
}
