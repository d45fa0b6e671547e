// What the ledger keeps beside streams and budgets: the latest run of a source, the columns of its
// streams, and who refreshes its tokens.

import * as z from 'zod/mini';
import type { RunState } from '../../core/run/run.ts';
import { COLUMN_TYPES } from '../../core/table/column-types.ts';
import type { PackedColumn, PackedColumns } from '../../core/table/stream-columns.ts';
import type { Fields, ItemKey, ItemKind } from './item.ts';
import { sourcePk } from './stream-item.ts';
import type { Rejection } from './token-lock.ts';

const text = z.string();
const epochMs = z.number();

const run: ItemKind<RunState> = {
  schema: z.strictObject({
    source: text,
    runId: text,
    status: z.enum(['running', 'done', 'failed']),
    startedAtMs: epochMs,
    fullRefresh: z.boolean(),
    sameData: z.exactOptional(z.literal(true)),
    streams: z.readonly(z.array(text)),
    holder: text,
    finishedAtMs: z.exactOptional(epochMs),
  } satisfies Fields<RunState>),
  remedy: 'the next run then begins anew, and streams that were interrupted go on in it.',
};

export const RUNS = 'runs';

export const runKey = (source: string): ItemKey<RunState> => ({ kind: run, pk: RUNS, sk: source });

const type = z.enum(COLUMN_TYPES);

const column = z.strictObject({
  name: text,
  key: z.nullable(text),
  before: z.exactOptional(type),
  last: z.exactOptional(z.literal(true)),
  seen: z.exactOptional(type),
} satisfies Fields<PackedColumn>);

const columns: ItemKind<PackedColumns> = {
  schema: z.strictObject({
    runId: text,
    columns: z.readonly(z.array(column)),
  } satisfies Fields<PackedColumns>),
  remedy:
    'the next run then knows only the columns that it sees itself, so let it be a full refresh.',
};

export const columnsKey = (source: string, stream: string): ItemKey<PackedColumns> => ({
  kind: columns,
  pk: sourcePk(source),
  sk: `columns#${stream}`,
});

/** The revision of the item is the fence. */
export interface Lock {
  readonly holder: string;
  readonly untilMs: number;
  readonly rejection?: Rejection;
}

const rejection = z.strictObject({
  request: text,
  message: text,
  remedy: text,
} satisfies Fields<Rejection>);

const lock: ItemKind<Lock> = {
  schema: z.strictObject({
    holder: text,
    untilMs: epochMs,
    rejection: z.exactOptional(rejection),
  } satisfies Fields<Lock>),
  remedy: 'whoever needs a token next then refreshes it.',
};

export const lockKey = (source: string): ItemKey<Lock> => ({
  kind: lock,
  pk: sourcePk(source),
  sk: 'token',
});
