// What every catalogue promises, whatever keeps it: a run is there whole or not at all, publishing
// can be repeated, and the order in which runs arrive makes no difference.

import { describe, expect, it } from 'vitest';
import type { ColumnType } from '../../../shared/core/table/column-types.ts';
import type { Column } from '../../../shared/core/table/columns.ts';
import type { PublishedRun } from '../../../shared/core/table/published-table.ts';
import type { TableModel } from '../../../shared/core/table/views.ts';
import type { Catalogue } from '../../../shared/ports/catalogue/catalogue.ts';

/** What readers find of one stream. */
export interface Shown {
  /** `name:type` of each column. */
  readonly columns: readonly string[];
  readonly mode: TableModel['mode'];
  readonly currentFrom: string | undefined;
  /** Prefixes in the lake by `<date>/<runId>`. */
  readonly runs: Readonly<Record<string, string>>;
}

export interface CatalogueWorld {
  /** Two processes on one catalogue. */
  readonly one: Catalogue;
  readonly other: Catalogue;
  shown(stream: Pick<TableModel, 'source' | 'stream'>): Promise<Shown | undefined>;
}

const column = (name: string, type: ColumnType): Column => ({ name, key: name, type });

export const modelWith = (
  columns: readonly Column[],
  over: Partial<TableModel> = {},
): TableModel => ({
  source: 'corner-shop',
  stream: 'Product-Types',
  columns,
  primaryKey: ['id'],
  mode: 'incremental',
  ...over,
});

export const runOf = (runId: string, over: Partial<PublishedRun> = {}): PublishedRun => ({
  runId,
  date: '2026-11-21',
  prefix: `corner-shop/Product-Types/dt=2026-11-21/run=${runId}/`,
  replacesEarlier: false,
  ...over,
});

const id = column('id', 'bigint');
const prefixOf = (runId: string): string => runOf(runId).prefix;

export function catalogueContract(name: string, connect: () => Promise<CatalogueWorld>): void {
  describe(`the catalogue in ${name}`, () => {
    it('shows nothing of a stream that no run has published', async () => {
      const { one, shown } = await connect();
      expect(await shown(modelWith([id]))).toBeUndefined();
      expect(await one.shownRuns(modelWith([id]))).toEqual({ kind: 'none' });
      await one.moveRun(modelWith([id]), { ...runOf('run-1'), prefix: 'elsewhere/' });
      expect(await shown(modelWith([id]))).toBeUndefined();
    });

    it('shows a run with its columns, and the same when it is published again', async () => {
      const { one, other, shown } = await connect();
      const wanted: Shown = {
        columns: ['id:bigint', 'name:string'],
        mode: 'incremental',
        currentFrom: undefined,
        runs: { '2026-11-21/run-1': prefixOf('run-1') },
      };
      const model = modelWith([id, column('name', 'string')]);
      await one.publishRun(model, runOf('run-1'));
      expect(await shown(model)).toEqual(wanted);
      await other.publishRun(model, runOf('run-1'));
      expect(await shown(model)).toEqual(wanted);
    });

    it('tells the latest run that it shows, whichever came last', async () => {
      const { one, other } = await connect();
      await one.publishRun(modelWith([id]), runOf('run-2'));
      await one.publishRun(modelWith([id]), runOf('run-1'));
      expect(await other.shownRuns(modelWith([]))).toEqual({ kind: 'upTo', runId: 'run-2' });
    });

    it('adds and widens columns, and forgets none that a run did not see', async () => {
      const { one, shown } = await connect();
      await one.publishRun(modelWith([id, column('price', 'integer')]), runOf('run-1'));
      await one.publishRun(
        modelWith([column('price', 'double'), column('size', 'json')]),
        runOf('run-2'),
      );
      const found = await shown(modelWith([]));
      expect(found?.columns).toEqual(['id:bigint', 'price:double', 'size:json']);
      expect(Object.keys(found?.runs ?? {}).toSorted()).toEqual([
        '2026-11-21/run-1',
        '2026-11-21/run-2',
      ]);
    });

    it('takes a stream that has no columns yet, and its first one', async () => {
      const { one, shown } = await connect();
      await one.publishRun(modelWith([]), runOf('run-1'));
      expect((await shown(modelWith([])))?.columns).toEqual([]);
      await one.publishRun(modelWith([id]), runOf('run-2'));
      expect((await shown(modelWith([])))?.columns).toEqual(['id:bigint']);
    });

    it('turns to a run that replaces all before it, and never back', async () => {
      const { one, other, shown } = await connect();
      const model = modelWith([id]);
      const current = async () => (await shown(model))?.currentFrom;
      await one.publishRun(model, runOf('run-1'));
      await one.publishRun(model, runOf('run-3', { replacesEarlier: true }));
      expect(await current()).toBe('run-3');
      await other.publishRun(model, runOf('run-2', { replacesEarlier: true }));
      expect(await current()).toBe('run-3');
      await one.publishRun(model, runOf('run-4'));
      expect(await current()).toBe('run-3');
    });

    it('lets a run that comes late add its rows, and change nothing of what the stream is', async () => {
      const { one, other, shown } = await connect();
      const wide = [id, column('price', 'double')];
      await one.publishRun(modelWith(wide, { mode: 'snapshot' }), runOf('run-2'));
      await other.publishRun(modelWith([column('price', 'integer')]), runOf('run-1'));
      expect(await shown(modelWith([]))).toEqual({
        columns: ['id:bigint', 'price:double'],
        mode: 'snapshot',
        currentFrom: undefined,
        runs: {
          '2026-11-21/run-1': prefixOf('run-1'),
          '2026-11-21/run-2': prefixOf('run-2'),
        },
      });
    });

    it('shows all of many runs that are published at once', async () => {
      const { one, other, shown } = await connect();
      const runIds = Array.from({ length: 6 }, (_, at) => `run-${at}`);
      await Promise.all(
        runIds.map((runId, at) =>
          (at % 2 ? one : other).publishRun(
            modelWith([id, column(`c_${at}`, 'string')]),
            runOf(runId, { replacesEarlier: true }),
          ),
        ),
      );
      const found = await shown(modelWith([]));
      expect(found?.columns.toSorted()).toEqual(
        ['id:bigint', ...runIds.map((_, at) => `c_${at}:string`)].toSorted(),
      );
      expect(found?.currentFrom).toBe('run-5');
      expect(Object.keys(found?.runs ?? {})).toHaveLength(6);
    });

    it('moves a run in one step, and leaves it there when its publication is repeated', async () => {
      const { one, other, shown } = await connect();
      const model = modelWith([id]);
      const moved = 'corner-shop/Product-Types/compacted/dt=2026-11-21/run=run-1/';
      await one.publishRun(model, runOf('run-1'));
      await one.publishRun(model, runOf('run-2'));
      await other.moveRun(model, { ...runOf('run-1'), prefix: moved });
      const runs = { '2026-11-21/run-1': moved, '2026-11-21/run-2': prefixOf('run-2') };
      expect((await shown(model))?.runs).toEqual(runs);
      await one.publishRun(model, runOf('run-1'));
      expect((await shown(model))?.runs).toEqual(runs);
    });

    it('shows a run that was moved before it was there at its new place', async () => {
      const { one, shown } = await connect();
      const model = modelWith([id]);
      await one.publishRun(model, runOf('run-1'));
      await one.moveRun(model, { ...runOf('run-2'), prefix: 'merged/' });
      await one.publishRun(model, runOf('run-2'));
      expect((await shown(model))?.runs['2026-11-21/run-2']).toBe('merged/');
    });

    it('keeps streams apart', async () => {
      const { one, shown } = await connect();
      await one.publishRun(modelWith([id]), runOf('run-1'));
      const sales = modelWith([column('total', 'double')], { stream: 'sales' });
      await one.publishRun(sales, runOf('run-1'));
      expect((await shown(sales))?.columns).toEqual(['total:double']);
      expect((await shown(modelWith([])))?.columns).toEqual(['id:bigint']);
    });
  });
}
