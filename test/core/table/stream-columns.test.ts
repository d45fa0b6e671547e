import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COLUMN_TYPES, joinTypes } from '../../../shared/core/table/column-types.ts';
import { type Column, joinColumns } from '../../../shared/core/table/columns.ts';
import { inferColumns } from '../../../shared/core/table/infer-columns.ts';
import {
  addSeen,
  allColumns,
  boundDrift,
  columnsDrift,
  columnsOfRun,
  describeDrift,
  noColumns,
  packColumns,
  type StreamColumns,
  unpackColumns,
} from '../../../shared/core/table/stream-columns.ts';

const infer = (...lines: string[]) => inferColumns(Buffer.from(lines.join('\n')), []);

/** `key:type` of each, sorted. */
const types = (columns: readonly Column[]): string[] =>
  columns.map(({ key, type }) => `${key}:${type}`).toSorted();

const keys = fc.constantFrom('id', 'ID', 'Id', 'a.b', 'a b', 'a_b', '');
const seenColumns = fc
  .uniqueArray(fc.record({ key: keys, type: fc.constantFrom(...COLUMN_TYPES) }), {
    selector: ({ key }) => key,
  })
  .map((found) =>
    found.reduce<readonly Column[]>(
      (columns, { key, type }) => joinColumns(columns, [{ name: key || '_', key, type }]),
      [],
    ),
  );
const sightings = fc.array(
  fc.record({ runId: fc.constantFrom('run-1', 'run-2', 'run-3'), seen: seenColumns }),
  { maxLength: 12 },
);

const keep = (all: readonly { runId: string; seen: readonly Column[] }[]): StreamColumns =>
  all.reduce<StreamColumns>((kept, one) => addSeen(kept, one.runId, one.seen), noColumns);

describe('the columns of a stream', () => {
  it('only widen, and end the same in whatever order batches and runs arrive', () => {
    fc.assert(
      fc.property(sightings, fc.infiniteStream(fc.nat()), (all, chance) => {
        const shuffled = all
          .map((one) => ({ one, at: chance.next().value ?? 0 }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ one }) => one);
        expect(types(allColumns(keep(shuffled)))).toEqual(types(allColumns(keep(all))));
        const last =
          all
            .map(({ runId }) => runId)
            .toSorted()
            .at(-1) ?? '';
        const wanted = all
          .filter(({ runId }) => runId === last)
          .reduce<readonly Column[]>((seen, one) => joinColumns(seen, one.seen), []);
        expect(types(columnsOfRun(keep(shuffled), last).seen)).toEqual(types(wanted));
      }),
    );
  });

  it('keep the name that each was given first, and no two have one', () => {
    fc.assert(
      fc.property(sightings, (all) => {
        let kept = noColumns;
        const names = new Map<string | null, string>();
        for (const { runId, seen } of all) {
          kept = addSeen(kept, runId, seen);
          for (const { key, name } of allColumns(kept)) {
            expect(names.get(key) ?? name).toBe(name);
            names.set(key, name);
          }
          for (const column of [...kept.before, ...kept.seen]) {
            expect(column.name).toBe(names.get(column.key));
          }
        }
        const folded = [...names.values()].map((name) => name.toLowerCase());
        expect(new Set(folded).size).toBe(folded.length);
      }),
    );
  });

  it('are told to be the same when a batch shows nothing new: nothing needs to be written', () => {
    fc.assert(
      fc.property(sightings, (all) => {
        const kept = keep(all);
        const again = all.filter(({ runId, seen }) => runId === kept.runId || seen.length === 0);
        for (const { seen } of again) expect(addSeen(kept, kept.runId, seen)).toBe(kept);
      }),
    );
  });

  it('come back from the ledger as they went', () => {
    fc.assert(
      fc.property(sightings, (all) => {
        const kept = keep(all);
        const back = unpackColumns(JSON.parse(JSON.stringify(packColumns(kept))));
        expect(types(back.before)).toEqual(types(kept.before));
        expect(types(back.seen)).toEqual(types(kept.seen));
        expect(allColumns(back)).toEqual(allColumns(kept));
        expect(back.runId).toBe(kept.runId);
      }),
    );
  });
});

describe('drift', () => {
  const driftOf = (before: readonly Column[], seen: readonly Column[]) =>
    columnsDrift({ runId: 'run-2', before, last: before.map(({ key }) => key), seen });

  it('names new, widened and vanished columns', () => {
    const before = infer('{"a":1,"b":1,"c":1,"e":null}');
    const drift = driftOf(before, infer('{"a":2,"b":"x","d":null,"e":1.5}'));
    expect(drift).toEqual({
      added: [{ name: 'd', type: 'unknown' }],
      widened: [
        { name: 'b', from: 'integer', to: 'string' },
        { name: 'e', from: 'unknown', to: 'double' },
      ],
      vanished: ['c'],
    });
    expect(describeDrift(drift ?? expect.fail())).toBe(
      'new column d (unknown); b: integer -> string; e: unknown -> double; vanished: c',
    );
  });

  it('tells once that a column vanished, and again when it came back meanwhile', () => {
    const lines = ['{"a":1,"b":1}', '{"a":1}', '{"a":1}', '', '{"a":1,"b":2}', '{"a":1}'];
    let kept = noColumns;
    const told = lines.map((line, run) => {
      const runId = `run-${run}`;
      if (line) kept = addSeen(kept, runId, infer(line));
      kept = unpackColumns(JSON.parse(JSON.stringify(packColumns(kept))));
      return columnsDrift(columnsOfRun(kept, runId))?.vanished;
    });
    expect(told).toEqual([undefined, ['b'], undefined, undefined, undefined, ['b']]);
  });

  it('is none in a first run, in a run without records, and where nothing changed', () => {
    const columns = infer('{"a":1,"b":"x"}');
    expect(driftOf([], columns)).toBeUndefined();
    expect(driftOf(columns, [])).toBeUndefined();
    // Narrower values in this run are no drift: the column stays wide.
    expect(driftOf(columns, infer('{"a":null,"b":1}'))).toBeUndefined();
  });

  it('is told in as many bytes as a report has, and what is left out is counted', () => {
    const wide = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`列_${at}`, at]));
    const drift = driftOf(infer('{"a":1}'), infer(JSON.stringify(wide))) ?? expect.fail();
    const bound = boundDrift(drift, 1_000);
    expect(Buffer.byteLength(JSON.stringify(bound))).toBeLessThan(1_100);
    expect(bound.added.length + (bound.omitted ?? 0)).toBe(501 - bound.vanished.length);
    expect(describeDrift(bound)).toMatch(/; \d+ more$/);
    expect(boundDrift(drift, 1_000_000)).toEqual(drift);
  });

  it('of a widened column is the join of what was and what came', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...COLUMN_TYPES),
        fc.constantFrom(...COLUMN_TYPES),
        (from, came) => {
          const [a, b] = [from, came].map((type) => [{ name: 'a', key: 'a', type }]);
          const to = joinTypes(from, came);
          const widened = driftOf(a ?? [], b ?? [])?.widened ?? [];
          expect(widened).toEqual(to === from ? [] : [{ name: 'a', from, to }]);
        },
      ),
    );
  });
});
