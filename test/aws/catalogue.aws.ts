// The catalogue over the wire of the account's Glue: the contract, the forty awkward columns, and
// what the deployed engine has published.

import { CreateDatabaseCommand, CreateTableCommand, GlueClient } from '@aws-sdk/client-glue';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../shared/core/failures.ts';
import { inferColumns } from '../../shared/core/table/infer-columns.ts';
import { readManifest } from '../../shared/core/table/manifest.ts';
import { athenaSelect } from '../../shared/core/table/views.ts';
import type { Catalogue } from '../../shared/ports/catalogue/catalogue.ts';
import { glueCatalogue } from '../../shared/ports/catalogue/catalogue-glue.ts';
import { AWKWARD, AWKWARD_COLUMNS } from '../local/lake/awkward-records.ts';
import { catalogueContract, modelWith, runOf } from '../ports/catalogue/catalogue-contract.ts';
import { config, lake, ledger } from './clients.ts';
import { SOURCE, STREAMS } from './landed.ts';
import { glue, queryOf, shownBy, tablesOf } from './shown.ts';

const PLACE = 's3://some-bucket/lake';
let made = 0;

/** Two processes on one catalogue, whose database is new. */
catalogueContract('Glue of the account', async () => {
  const source = `contract-${++made}`;
  const [one, other] = [glue, new GlueClient(config)].map((client): Catalogue => {
    const catalogue = glueCatalogue(client, PLACE);
    return {
      publishRun: (model, run) => catalogue.publishRun({ ...model, source }, run),
      shownRuns: (stream) => catalogue.shownRuns({ ...stream, source }),
      moveRun: (stream, run) => catalogue.moveRun({ ...stream, source }, run),
    };
  });
  if (!one || !other) throw new Error('two of them');
  return { one, other, shown: (stream) => shownBy({ ...stream, source }, PLACE) };
});

describe('Glue of the account', () => {
  it('has the forty awkward columns under their names, mapped to their keys', async () => {
    const columns = inferColumns(
      Buffer.from(AWKWARD.map(([record]) => record.replaceAll(/[\r\n]/g, '')).join('\n')),
      [],
    );
    const model = modelWith(columns, {
      source: 'odd-shop',
      stream: 'awkward',
      mode: 'snapshot',
      primaryKey: [],
      casts: { at: 'timestamp' },
    });
    const run = runOf('run-1', { replacesEarlier: true });
    await glueCatalogue(glue, PLACE).publishRun(model, run);

    const { history, view, locations } = (await tablesOf(model)) ?? expect.fail('no table');
    const types = { unknown: 'string', integer: 'bigint', json: 'string' };
    expect(history.StorageDescriptor?.Columns?.map(({ Name, Type }) => `${Name}:${Type}`)).toEqual(
      AWKWARD_COLUMNS.map((column) => {
        const [name = '', type = ''] = column.split(':');
        return `${name.toLowerCase()}:${Object.entries(types).find(([of]) => of === type)?.[1] ?? type}`;
      }),
    );
    expect(history.PartitionKeys?.map(({ Name }) => Name)).toEqual(['_date', '_run_id']);
    expect(history.StorageDescriptor?.SerdeInfo).toMatchObject({
      SerializationLibrary: 'org.openx.data.jsonserde.JsonSerDe',
      Parameters: {
        'case.insensitive': 'false',
        'mapping.a_b': 'a.b',
        'mapping.a_b_2': 'a b',
        'mapping.a_b_3': 'a_b',
        'mapping.id_2': 'ID',
        'mapping.id_3': 'Id',
        'mapping._': '',
        'mapping.\u00e9': 'e\u0301',
        'mapping.line_break': 'line\nbreak',
        'mapping._run_id_2': '_run_id',
      },
    });
    expect(locations).toEqual({ '2026-11-21/run-1': `${PLACE}/${run.prefix}` });
    const query = queryOf(view);
    expect(query.originalSql).toBe(athenaSelect(model, 'run-1'));
    expect(query.columns.find(({ name }) => name === 'at')?.type).toBe('timestamp(3)');
  });

  it('keeps a table that is not ours, and tells a person what to do', async () => {
    const catalogue = glueCatalogue(glue, PLACE);
    const DatabaseName = 'their_shop';
    const model = modelWith([], { source: 'their-shop', stream: 'items' });
    await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: DatabaseName } }));
    for (const [Name, stream] of [
      ['items_history', 'items'],
      ['sales', 'sales'],
    ] as const) {
      const TableInput = { Name, Parameters: { theirs: 'yes' } };
      await glue.send(new CreateTableCommand({ DatabaseName, TableInput }));
      await expect(
        catalogue.publishRun({ ...model, stream }, runOf('run-1')),
      ).rejects.toMatchObject({
        name: Failure.catalogue,
        message: `Glue has a table their_shop.${Name} that Driplake did not make.`,
      });
    }
  });
});

describe('the deployed engine', () => {
  it.each(STREAMS)('has published every finished run of %s', async (stream) => {
    const found = (await tablesOf({ source: SOURCE, stream })) ?? expect.fail('no table');
    const prefixes: string[] = [];
    for await (const { key } of lake.listObjects(`_manifests/${SOURCE}/${stream}/`)) {
      const reading = readManifest((await lake.readText(key)) ?? '', key);
      if (reading.kind === 'manifest') prefixes.push(`${lake.place}/${reading.manifest.prefix}`);
    }
    expect(prefixes.length).toBeGreaterThan(0);
    expect(Object.values(found.locations).toSorted()).toEqual(prefixes.toSorted());
    const { seen } = await ledger.readColumns(SOURCE, stream);
    expect(found.told.model.columns).toEqual(seen);
    const last = Object.keys(found.locations).toSorted().at(-1)?.split('/')[1];
    expect(found.told).toMatchObject({ runId: last, currentFrom: last });
    expect(queryOf(found.view).originalSql).toContain(`WHERE "_run_id" = '${last}'`);
  });
});
