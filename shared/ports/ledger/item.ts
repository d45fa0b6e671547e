// What all items of the ledger have in common: JSON text of one version, checked when it is read.
// An item that is damaged, or newer than this code, is a named failure that says which one it is,
// what was expected and what to do; nobody else ever sees a wrong one.
//
// The item `source#shop` / `stream#orders` whose body says `"fence":"3"` is read as: The item
// source#shop / stream#orders of the ledger is damaged: fence: expected a number, got "3".

import type * as z from 'zod/mini';
import { DriplakeError, Failure } from '../../core/failures.ts';
import { describeFaults } from '../../core/faults.ts';

/**
 * The form of all items. Any other field, or another meaning of one, is another version: a reader
 * that dropped a field it does not know would write the item back without it.
 */
export const ITEM_VERSION = 1;

/** A schema for each field, those that may be absent too: none can be forgotten. */
export type Fields<Item> = {
  readonly [Key in keyof Item]-?: object extends Pick<Item, Key>
    ? z.ZodMiniExactOptional<z.ZodMiniType<Exclude<Item[Key], undefined>>>
    : z.ZodMiniType<Item[Key]>;
};

/** A schema that reads every kind of a union: a new kind without one does not compile. */
export const everyKind =
  <Union>() =>
  <Schema extends z.ZodMiniType<Union>>(
    schema: [Union] extends [z.output<Schema>] ? Schema : never,
  ): Schema =>
    schema;

export interface ItemKind<Item> {
  readonly schema: z.ZodMiniType<Item>;
  /** What comes of it when a person removes a damaged one. */
  readonly remedy: string;
}

/** Where an item stands, and of which kind it is. */
export interface ItemKey<Item> {
  readonly kind: ItemKind<Item>;
  readonly pk: string;
  readonly sk: string;
}

/** As the table has it: what is absent there is undefined. */
export interface StoredItem {
  readonly body: string | undefined;
  readonly revision: string | undefined;
  readonly version: string | undefined;
}

export interface ReadItem<Item> {
  readonly item: Item;
  readonly revision: number;
}

/** @throws DriplakeError damaged; ledger, when the item is newer than this code */
export function readItem<Item>(key: ItemKey<Item>, stored: StoredItem): ReadItem<Item> {
  if (Number(stored.version) > ITEM_VERSION) throw newer(key, stored);
  const faults = [
    ...(Number(stored.version) === ITEM_VERSION
      ? []
      : [`version: expected ${ITEM_VERSION}, got ${stored.version ?? 'nothing'}`]),
    ...(/^\d+$/.test(stored.revision ?? '')
      ? []
      : [`revision: expected a whole number, got ${stored.revision ?? 'nothing'}`]),
  ];
  if (faults.length > 0) throw damaged(key, faults);
  let value: unknown;
  try {
    value = JSON.parse(stored.body ?? '');
  } catch {
    const length = stored.body?.length ?? 0;
    throw damaged(key, [`body: expected JSON, got ${length} characters of something else`]);
  }
  const read = key.kind.schema.safeParse(value);
  if (!read.success) throw damaged(key, describeFaults(read.error, value));
  return { item: read.data, revision: Number(stored.revision) };
}

const damaged = <Item>({ pk, sk, kind }: ItemKey<Item>, faults: readonly string[]) =>
  new DriplakeError(
    Failure.damaged,
    `The item ${pk} / ${sk} of the ledger is damaged: ${faults.join('; ')}.`,
    `Take it from a backup of the table, or remove it: ${kind.remedy}`,
  );

const newer = <Item>({ pk, sk }: ItemKey<Item>, { version }: StoredItem) =>
  new DriplakeError(
    Failure.ledger,
    `The item ${pk} / ${sk} of the ledger has version ${version}, this Driplake reads version ${ITEM_VERSION}.`,
    'A newer Driplake has written it: use that one wherever this ledger is used.',
  );
