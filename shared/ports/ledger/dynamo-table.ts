// A DynamoDB table of checked items: strongly consistent reads, conditional writes of one item, and
// the one loop that reads, changes and writes until its write wins. It promises nothing beyond
// that, so it runs on every DynamoDB that honours conditions.

import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { CONTENTION_ATTEMPTS, contentionPauseMs } from '../../core/bounds.ts';
import { DriplakeError, Failure } from '../../core/failures.ts';
import type { Clock } from '../clock.ts';
import type { Random } from '../random.ts';
import { ITEM_VERSION, type ItemKey, type ReadItem, readItem, type StoredItem } from './item.ts';

export interface DynamoTable {
  readonly client: DynamoDBClient;
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
}

/** What a step makes of an item; without `next` nothing has to be written. */
export interface Step<Item, Answer> {
  readonly answer: Answer;
  readonly next?: Item;
}

/** An item that is changed, and what a person is told when others change it all the time. */
export interface Changing<Item> {
  readonly key: ItemKey<Item>;
  /** `The budget of shop was`. */
  readonly what: string;
  readonly remedy: string;
}

/**
 * Compares and swaps: applies a pure step to an item until its write wins.
 * @throws DriplakeError ledger, when others win every time
 */
export async function changeItem<Item, Answer>(
  table: DynamoTable,
  { key, what, remedy }: Changing<Item>,
  step: (before: Item | undefined) => Step<Item, Answer>,
): Promise<Answer> {
  for (let attempt = 1; attempt <= CONTENTION_ATTEMPTS; attempt++) {
    const stored = await getItem(table, key);
    const { answer, next } = step(stored?.item);
    if (next === undefined) return answer;
    if (await putItem(table, key, next, (stored?.revision ?? 0) + 1)) return answer;
    await table.clock.sleep(table.random.next() * contentionPauseMs(attempt));
  }
  const message = `${what} changed by others ${CONTENTION_ATTEMPTS} times in a row.`;
  throw new DriplakeError(Failure.ledger, message, remedy);
}

/** @throws DriplakeError damaged, ledger */
export async function getItem<Item>(
  { client, name }: DynamoTable,
  key: ItemKey<Item>,
): Promise<ReadItem<Item> | undefined> {
  const { Item: found } = await client.send(
    new GetItemCommand({
      TableName: name,
      Key: { pk: { S: key.pk }, sk: { S: key.sk } },
      ConsistentRead: true,
    }),
  );
  return found && readItem(key, storedIn(found));
}

/**
 * The items of one partition whose `sk` begins with a prefix.
 * @param keyOf the key of the item with this `sk`
 * @throws DriplakeError damaged, ledger
 */
export async function listItems<Item>(
  { client, name }: DynamoTable,
  pk: string,
  prefix: string,
  keyOf: (sk: string) => ItemKey<Item>,
): Promise<{ readonly sk: string; readonly item: Item }[]> {
  const found: { sk: string; item: Item }[] = [];
  let from: Record<string, AttributeValue> | undefined;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName: name,
        KeyConditionExpression: prefix ? 'pk = :pk AND begins_with(sk, :sk)' : 'pk = :pk',
        ExpressionAttributeValues: {
          ':pk': { S: pk },
          ...(prefix ? { ':sk': { S: prefix } } : {}),
        },
        ConsistentRead: true,
        ...(from ? { ExclusiveStartKey: from } : {}),
      }),
    );
    for (const one of page.Items ?? []) {
      const sk = one['sk']?.S ?? '';
      found.push({ sk, item: readItem(keyOf(sk), storedIn(one)).item });
    }
    from = page.LastEvaluatedKey;
  } while (from);
  return found;
}

/**
 * Writes where the item stands one revision below this one, or is absent below the first. A write
 * whose answer was lost is sent again by the client; its mark tells that the first one was ours.
 * @returns false when it stands elsewhere
 */
export async function putItem<Item>(
  { client, name, random }: DynamoTable,
  key: ItemKey<Item>,
  item: Item,
  revision: number,
): Promise<boolean> {
  const mark = { S: random.next().toString(36).slice(2) };
  const before =
    revision === 1
      ? { condition: 'attribute_not_exists(pk)', values: {} }
      : { condition: 'revision = :before', values: { ':before': { N: String(revision - 1) } } };
  try {
    await client.send(
      new PutItemCommand({
        TableName: name,
        Item: { ...attributes(key, item, revision), writeMark: mark },
        ConditionExpression: `${before.condition} OR writeMark = :mark`,
        ExpressionAttributeValues: { ...before.values, ':mark': mark },
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

/** Writes whatever stands there. */
export async function overwriteItem<Item>(
  { client, name }: DynamoTable,
  key: ItemKey<Item>,
  item: Item,
): Promise<void> {
  await client.send(new PutItemCommand({ TableName: name, Item: attributes(key, item, 0) }));
}

const attributes = <Item>({ pk, sk }: ItemKey<Item>, item: Item, revision: number) => ({
  pk: { S: pk },
  sk: { S: sk },
  body: { S: JSON.stringify(item) },
  revision: { N: String(revision) },
  version: { N: String(ITEM_VERSION) },
});

const storedIn = (found: Record<string, AttributeValue>): StoredItem => ({
  body: found['body']?.S,
  revision: found['revision']?.N,
  version: found['version']?.N,
});
