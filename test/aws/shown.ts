// The account's Glue as a reader of tables finds it: what each table says of itself, where its
// partitions lie, and what Athena would run for its view.

import {
  EntityNotFoundException,
  GetPartitionsCommand,
  GetTableCommand,
  GlueClient,
  type Table,
} from '@aws-sdk/client-glue';
import { expect } from 'vitest';
import { glueNames, MARK, readMark } from '../../shared/core/table/glue-table.ts';
import type { PublishedTable } from '../../shared/core/table/published-table.ts';
import type { Shown } from '../ports/catalogue/catalogue-contract.ts';
import { config } from './clients.ts';

export const glue = new GlueClient(config);

type Stream = { readonly source: string; readonly stream: string };

/** A table as Glue gives it, and its partitions by `<date>/<runId>`. */
export interface FoundTable {
  readonly history: Table;
  readonly view: Table;
  readonly locations: Readonly<Record<string, string>>;
  readonly told: PublishedTable;
}

export async function tablesOf(stream: Stream): Promise<FoundTable | undefined> {
  const { schema, current, history: name } = glueNames(stream);
  const history = await tableAt(schema, name);
  if (!history) return undefined;
  const view = (await tableAt(schema, current)) ?? expect.fail(`${schema}.${current} is missing`);
  const locations: Record<string, string> = {};
  let token: string | undefined;
  do {
    const page = await glue.send(
      new GetPartitionsCommand({
        DatabaseName: schema,
        TableName: name,
        ...(token ? { NextToken: token } : {}),
      }),
    );
    for (const { Values = [], StorageDescriptor } of page.Partitions ?? []) {
      locations[Values.join('/')] = StorageDescriptor?.Location ?? '';
    }
    token = page.NextToken;
  } while (token);
  const told = readMark(history.Parameters?.[MARK]) ?? expect.fail(`${name} tells nothing`);
  return { history, view, locations, told };
}

async function tableAt(schema: string, name: string): Promise<Table | undefined> {
  try {
    return (await glue.send(new GetTableCommand({ DatabaseName: schema, Name: name }))).Table;
  } catch (error) {
    if (error instanceof EntityNotFoundException) return undefined;
    throw error;
  }
}

/** The same as every catalogue shows it. @param place of the lake */
export async function shownBy(stream: Stream, place: string): Promise<Shown | undefined> {
  const found = await tablesOf(stream);
  if (!found) return undefined;
  const { told, locations } = found;
  expect(queryOf(found.view).columns).toHaveLength(Math.max(1, told.model.columns.length));
  return {
    columns: told.model.columns.map(({ name, type }) => `${name}:${type}`),
    mode: told.model.mode,
    currentFrom: told.currentFrom,
    runs: Object.fromEntries(
      Object.entries(locations).map(([run, location]) => [
        run,
        location.slice(`${place}/`.length),
      ]),
    ),
  };
}

/** What Athena reads in a view: its select, and the columns that it declares. */
export function queryOf(view: Table): {
  readonly originalSql: string;
  readonly schema: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
} {
  const [, base64 = ''] = /^\/\* Presto View: (.+) \*\/$/.exec(view.ViewOriginalText ?? '') ?? [];
  return JSON.parse(Buffer.from(base64, 'base64').toString());
}
