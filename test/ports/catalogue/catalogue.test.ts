import { expect, it } from 'vitest';
import { type TableModel, tableNames } from '../../../shared/core/table/views.ts';
import { manifestsOnly, memoryCatalogue } from '../../../shared/ports/catalogue/catalogue.ts';
import { catalogueContract, modelWith, runOf, type Shown } from './catalogue-contract.ts';

catalogueContract('memory', async () => {
  const catalogue = memoryCatalogue();
  return {
    one: catalogue,
    other: catalogue,
    async shown(stream: Pick<TableModel, 'source' | 'stream'>): Promise<Shown | undefined> {
      const { schema, current } = tableNames(stream);
      const table = catalogue.tables.get(`${schema}.${current}`);
      return (
        table && {
          columns: table.model.columns.map(({ name, type }) => `${name}:${type}`),
          mode: table.model.mode,
          currentFrom: table.currentFrom,
          runs: Object.fromEntries(table.runs),
        }
      );
    },
  };
});

it('a lake of manifests alone takes every publication, and has nothing to do', async () => {
  await expect(manifestsOnly.publishRun(modelWith([]), runOf('run-1'))).resolves.toBeUndefined();
  await expect(manifestsOnly.moveRun(modelWith([]), runOf('run-1'))).resolves.toBeUndefined();
});
