// The ledger as one DynamoDB table. Items are JSON text beside the few attributes that conditions
// read; reads are strongly consistent. It promises nothing beyond single-item conditional writes,
// so it runs on every DynamoDB that honours those.

import {
  ConditionalCheckFailedException,
  type CreateTableCommandInput,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { CONTENTION_ATTEMPTS } from '../../core/bounds.ts';
import { type Allowance, type Budget, newBudget } from '../../core/budget/budget.ts';
import { DriplakeError, Failure } from '../../core/failures.ts';
import type { RunState, StreamState } from '../../core/run/run.ts';
import type { Column } from '../../core/table/columns.ts';
import {
  addSeen,
  noColumns,
  type PackedColumns,
  packColumns,
  unpackColumns,
} from '../../core/table/stream-columns.ts';
import type { Clock } from '../clock.ts';
import type { Random } from '../random.ts';
import { type BudgetStep, settleStep, takeStep } from './budget-step.ts';
import type { Ledger } from './ledger.ts';
import { isLocked, type Rejection, type TokenLock } from './token-lock.ts';

interface Stored<Body> {
  readonly body: Body;
  readonly revision: number;
}

interface Lock {
  readonly holder: string;
  readonly untilMs: number;
  readonly rejection?: Rejection;
}

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

/** `table` has the keys `pk` and `sk`, both text. */
export function dynamoLedger(
  client: DynamoDBClient,
  table: string,
  clock: Clock,
  random: Random,
): Ledger & TokenLock {
  const items = tableOf(client, table);

  /** Applies a pure step to a scope's budget until its write wins. */
  async function changeBudget<Answer>(
    scope: string,
    allowance: Allowance,
    step: (before: Budget) => BudgetStep<Answer>,
  ): Promise<Answer> {
    for (let attempt = 1; attempt <= CONTENTION_ATTEMPTS; attempt++) {
      const stored = await items.get<Budget>(BUDGETS, scope);
      const before = stored?.body ?? newBudget(allowance, clock.nowMs());
      const { budget, answer, keep } = step(before);
      if (!keep) return answer;
      if (await items.put(BUDGETS, scope, budget, (stored?.revision ?? 0) + 1)) return answer;
      await clock.sleep(random.next() * Math.min(attempt, 10) * 10);
    }
    throw contended(
      `The budget of ${scope} was`,
      'Lower the concurrency of the sources that share it.',
    );
  }

  async function columnsAt(source: string, stream: string) {
    const item = await items.get<PackedColumns | readonly Column[]>(
      sourceKey(source),
      `${COLUMNS}${stream}`,
    );
    const columns = item ? unpackColumns(item.body) : noColumns;
    return { columns, revision: item?.revision ?? 0 };
  }

  return {
    takePermits: (scope, allowance, ask, spent) =>
      changeBudget(scope, allowance, (before) =>
        takeStep(before, allowance, { ask, spent }, clock.nowMs()),
      ),
    settlePermits: (scope, allowance, spent) =>
      changeBudget(scope, allowance, (before) =>
        settleStep(before, allowance, spent, clock.nowMs()),
      ),
    readBudgets: async () =>
      (await items.list<Budget>(BUDGETS, '')).map(({ sk, body }) => ({ scope: sk, budget: body })),
    readStream: async (source, stream) =>
      (await items.get<StreamState>(sourceKey(source), `${STREAM}${stream}`))?.body,
    readStreams: async (source) =>
      (await items.list<StreamState>(sourceKey(source), STREAM)).map(({ body }) => body),
    moveStream: (next) =>
      items.put(sourceKey(next.source), `${STREAM}${next.stream}`, next, next.revision),
    readColumns: async (source, stream) => (await columnsAt(source, stream)).columns,
    async addColumns(source, stream, runId, seen) {
      for (let attempt = 1; attempt <= CONTENTION_ATTEMPTS; attempt++) {
        const { columns, revision } = await columnsAt(source, stream);
        const next = addSeen(columns, runId, seen);
        if (next === columns) return;
        const sk = `${COLUMNS}${stream}`;
        if (await items.put(sourceKey(source), sk, packColumns(next), revision + 1)) return;
        await clock.sleep(random.next() * Math.min(attempt, 10) * 10);
      }
      throw contended(`The columns of ${source}/${stream} were`, 'Run it again.');
    },
    readRun: async (source) => (await items.get<RunState>(RUNS, source))?.body,
    writeRun: async (run) => {
      await items.put(RUNS, run.source, run);
    },
    async tryAcquire(source, holder, untilMs) {
      const stored = await items.get<Lock>(sourceKey(source), TOKEN);
      if (stored && isLocked(stored.body.untilMs, clock.nowMs())) {
        const { holder: _other, ...told } = stored.body;
        return { kind: 'held', ...told };
      }
      const fence = (stored?.revision ?? 0) + 1;
      const won = await items.put(sourceKey(source), TOKEN, { holder, untilMs }, fence);
      return won
        ? { kind: 'acquired', fence }
        : { kind: 'held', untilMs: clock.nowMs() + LOST_MS };
    },
    async release(source, fence) {
      const free = { holder: '', untilMs: 0 };
      await items.put(sourceKey(source), TOKEN, free, fence + 1);
    },
    async keepRejection(source, fence, rejection) {
      const stored = await items.get<Lock>(sourceKey(source), TOKEN);
      if (stored?.revision !== fence) return;
      await items.put(sourceKey(source), TOKEN, { ...stored.body, rejection }, fence + 1);
    },
    readLatestRuns: async () => (await items.list<RunState>(RUNS, '')).map(({ body }) => body),
  };
}

const contended = (what: string, remedy: string): DriplakeError =>
  new DriplakeError(
    Failure.ledger,
    `${what} changed by others ${CONTENTION_ATTEMPTS} times in a row.`,
    remedy,
  );

const BUDGETS = 'budgets';
const RUNS = 'runs';
const STREAM = 'stream#';
const COLUMNS = 'columns#';
const TOKEN = 'token';
/** Somebody else took the lock at the same moment: look again after this, ms. */
const LOST_MS = 200;
const sourceKey = (source: string): string => `source#${source}`;

function tableOf(client: DynamoDBClient, table: string) {
  return {
    async get<Body>(pk: string, sk: string): Promise<Stored<Body> | undefined> {
      const { Item } = await client.send(
        new GetItemCommand({
          TableName: table,
          Key: { pk: { S: pk }, sk: { S: sk } },
          ConsistentRead: true,
        }),
      );
      if (!Item) return undefined;
      return {
        body: JSON.parse(Item['body']?.S ?? 'null'),
        revision: Number(Item['revision']?.N),
      };
    },

    async list<Body>(pk: string, prefix: string): Promise<{ sk: string; body: Body }[]> {
      const found: { sk: string; body: Body }[] = [];
      let from: Record<string, { S: string }> | undefined;
      do {
        const page = await client.send(
          new QueryCommand({
            TableName: table,
            KeyConditionExpression: prefix ? 'pk = :pk AND begins_with(sk, :sk)' : 'pk = :pk',
            ExpressionAttributeValues: {
              ':pk': { S: pk },
              ...(prefix ? { ':sk': { S: prefix } } : {}),
            },
            ConsistentRead: true,
            ...(from ? { ExclusiveStartKey: from } : {}),
          }),
        );
        for (const item of page.Items ?? []) {
          found.push({ sk: item['sk']?.S ?? '', body: JSON.parse(item['body']?.S ?? 'null') });
        }
        const last = page.LastEvaluatedKey;
        from = last && { pk: { S: last['pk']?.S ?? '' }, sk: { S: last['sk']?.S ?? '' } };
      } while (from);
      return found;
    },

    /**
     * With a revision, writes only where the item stands one below it (or, at 1, is absent; an
     * item that was written without one stands at 0).
     * @returns false when it stands elsewhere
     */
    async put(pk: string, sk: string, body: unknown, revision?: number): Promise<boolean> {
      const standsWhereWeBegan =
        revision === 1
          ? 'attribute_not_exists(pk) OR revision = :standsAt'
          : 'revision = :standsAt';
      try {
        await client.send(
          new PutItemCommand({
            TableName: table,
            Item: {
              pk: { S: pk },
              sk: { S: sk },
              body: { S: JSON.stringify(body) },
              revision: { N: String(revision ?? 0) },
            },
            ...(revision === undefined
              ? {}
              : {
                  ConditionExpression: standsWhereWeBegan,
                  ExpressionAttributeValues: { ':standsAt': { N: String(revision - 1) } },
                }),
          }),
        );
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
  };
}
