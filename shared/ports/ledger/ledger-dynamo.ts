// The ledger as one DynamoDB table: which item each call reads and writes. Every change is one
// conditional write; the lock of tokens stands in the same table.

import type { CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LOST_LOCK_MS } from '../../core/bounds.ts';
import { newBudget } from '../../core/budget/budget.ts';
import {
  addSeen,
  noColumns,
  packColumns,
  unpackColumns,
} from '../../core/table/stream-columns.ts';
import type { Clock } from '../clock.ts';
import type { Random } from '../random.ts';
import { BUDGETS, budgetKey } from './budget-item.ts';
import { settleStep, takeStep } from './budget-step.ts';
import {
  changeItem,
  type DynamoTable,
  getItem,
  listItems,
  overwriteItem,
  putItem,
} from './dynamo-table.ts';
import type { Ledger } from './ledger.ts';
import { columnsKey, lockKey, RUNS, runKey } from './source-items.ts';
import { STREAM, sourcePk, streamKey } from './stream-item.ts';
import { isLocked, type TokenLock } from './token-lock.ts';

/** The table that the ledger needs, for `CreateTable`; the stack declares the same keys. */
export const ledgerTable = (name: string): CreateTableCommandInput => ({
  TableName: name,
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
  ],
});

/** @param name of a table with the keys `pk` and `sk`, both text */
export function dynamoLedger(
  client: DynamoDBClient,
  name: string,
  clock: Clock,
  random: Random,
): Ledger & TokenLock {
  const table: DynamoTable = { client, name, clock, random };
  return { ...streamsIn(table), ...budgetsIn(table), ...runsIn(table), ...tokenLockIn(table) };
}

const budgetsIn = (
  table: DynamoTable,
): Pick<Ledger, 'takePermits' | 'settlePermits' | 'readBudgets'> => ({
  takePermits: (scope, allowance, ask, spent) =>
    changeItem(table, budgetOf(scope), (stored) => {
      const nowMs = table.clock.nowMs();
      const before = stored ?? newBudget(allowance, nowMs);
      return takeStep(before, allowance, { ask, spent }, nowMs);
    }),
  settlePermits: (scope, allowance, spent) =>
    changeItem(table, budgetOf(scope), (stored) => {
      const nowMs = table.clock.nowMs();
      return settleStep(stored ?? newBudget(allowance, nowMs), allowance, spent, nowMs);
    }),
  readBudgets: async () =>
    (await listItems(table, BUDGETS, '', budgetKey)).map(({ sk, item }) => ({
      scope: sk,
      budget: item,
    })),
});

const budgetOf = (scope: string) => ({
  key: budgetKey(scope),
  what: `The budget of ${scope} was`,
  remedy: 'Lower the concurrency of the sources that share it.',
});

const streamsIn = (
  table: DynamoTable,
): Pick<Ledger, 'readStream' | 'readStreams' | 'moveStream' | 'readColumns' | 'addColumns'> => ({
  readStream: async (source, stream) => (await getItem(table, streamKey(source, stream)))?.item,
  readStreams: async (source) => {
    const keyOf = (sk: string) => streamKey(source, sk.slice(STREAM.length));
    return (await listItems(table, sourcePk(source), STREAM, keyOf)).map(({ item }) => item);
  },
  moveStream: (next) => putItem(table, streamKey(next.source, next.stream), next, next.revision),
  readColumns: async (source, stream) => {
    const packed = (await getItem(table, columnsKey(source, stream)))?.item;
    return packed ? unpackColumns(packed) : noColumns;
  },
  addColumns: (source, stream, runId, seen) =>
    changeItem(table, columnsOf(source, stream), (packed) => {
      const before = packed ? unpackColumns(packed) : noColumns;
      const after = addSeen(before, runId, seen);
      return { answer: undefined, ...(after === before ? {} : { next: packColumns(after) }) };
    }),
});

const columnsOf = (source: string, stream: string) => ({
  key: columnsKey(source, stream),
  what: `The columns of ${source}/${stream} were`,
  remedy: 'Run it again.',
});

const runsIn = (table: DynamoTable): Pick<Ledger, 'readRun' | 'writeRun' | 'readLatestRuns'> => ({
  readRun: async (source) => (await getItem(table, runKey(source)))?.item,
  writeRun: (run) => overwriteItem(table, runKey(run.source), run),
  readLatestRuns: async () => (await listItems(table, RUNS, '', runKey)).map(({ item }) => item),
});

const tokenLockIn = (table: DynamoTable): TokenLock => ({
  async tryAcquire(source, holder, untilMs) {
    const key = lockKey(source);
    const stored = await getItem(table, key);
    if (stored && isLocked(stored.item.untilMs, table.clock.nowMs())) {
      const { holder: _other, ...held } = stored.item;
      return { kind: 'held', ...held };
    }
    const fence = (stored?.revision ?? 0) + 1;
    const won = await putItem(table, key, { holder, untilMs }, fence);
    return won
      ? { kind: 'acquired', fence }
      : { kind: 'held', untilMs: table.clock.nowMs() + LOST_LOCK_MS };
  },
  async release(source, fence) {
    await putItem(table, lockKey(source), { holder: '', untilMs: 0 }, fence + 1);
  },
  async keepRejection(source, fence, rejection) {
    const key = lockKey(source);
    const stored = await getItem(table, key);
    if (stored?.revision !== fence) return;
    await putItem(table, key, { ...stored.item, rejection }, fence + 1);
  },
});
