import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Column } from '../../../shared/core/table/columns.ts';
import { inspectColumns } from '../../../shared/core/table/infer-columns.ts';

const key = fc.constantFrom('id', 'ID', 'a.b', 'é', 'o', 'long-key-of-its-own');
const value = fc.constantFrom('1', '1.5', '"x"', 'null', 'true', '[1]', '9007199254740993');
const record = fc
  .array(fc.tuple(key, value), { maxLength: 5 })
  .map((members) => `{${members.map(([name, raw]) => `"${name}":${raw}`).join(',')}}`);
const page = fc.array(record, { maxLength: 4 }).map((lines) => Buffer.from(lines.join('\n')));

/** The same columns, of which nothing is remembered. */
const anew = (columns: readonly Column[]) => columns.map((column) => ({ ...column }));

describe('what inference remembers from page to page', () => {
  it('changes no answer, also when streams take turns', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1), page), { maxLength: 12 }), (pages) => {
        const known: (readonly Column[])[] = [[], []];
        for (const [stream, lines] of pages) {
          const before = known[stream] ?? [];
          const wanted = inspectColumns(lines, anew(before));
          const found = inspectColumns(lines, before);
          expect(found).toEqual(wanted);
          // From where it stood, the same page says the same again.
          expect(inspectColumns(lines, before)).toEqual(wanted);
          known[stream] = found.columns;
        }
      }),
    );
  });
});
