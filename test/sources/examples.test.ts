import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requestDoubts } from '../../local/source/request-doubts.ts';
import { pagination } from '../../shared/core/source/pagination-schema.ts';
import { walk } from '../core/page/list-server.ts';
import {
  exampleApis,
  exampleRows,
  exampleSettings,
  examples,
  requestsFor,
} from './example-apis.ts';

const text = (file: string): string =>
  readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

describe('the examples', () => {
  it('are files of examples/, at least one for each kind of pagination', () => {
    const kinds = [...examples.values()].flatMap(({ streams }) =>
      streams.map((stream) => stream.pagination.kind),
    );
    const known = pagination.def.options.map(({ def }) => def.shape.kind.def.values[0]);
    expect(new Set(kinds)).toEqual(new Set(known));
    expect([...examples.keys()].sort()).toEqual(Object.keys(exampleApis).sort());
  });

  it('are all in the table of docs/sources.md', () => {
    const manual = text('docs/sources.md');
    const linked = [...manual.matchAll(/\]\(\.\.\/examples\/([\w-]+)\.ts\)/g)].map(
      ([, name]) => name,
    );
    expect(linked.sort()).toEqual([...examples.keys()].sort());
  });

  it('are shown by the README as they are', () => {
    const shown = /^```ts\n([\s\S]*?)^```$/m.exec(text('README.md'))?.[1];
    const [, code] = text('examples/github-issues.ts').split(/(?<=^\/\/.*\n)\n/);
    expect(shown).toBe(code);
  });

  it('ask for nothing that is to be doubted', () => {
    for (const source of examples.values()) {
      for (const stream of source.streams) expect(requestDoubts(source, stream)).toEqual([]);
    }
  });

  it.each(Object.entries(exampleApis))('%s reads each record once', (name, api) => {
    const source = examples.get(name);
    const stream = source?.streams[0];
    if (!source || !stream) throw new Error(`no example ${name}`);
    const counts = fc.oneof(fc.constantFrom(0, 1, 50, 70, 100, 140, 200, 500, 1000), fc.nat(1200));
    fc.assert(
      fc.property(counts, (count) => {
        const rows = exampleRows(count);
        const walked = walk(source, stream, api.serve(rows), { settings: exampleSettings });
        expect(walked.outcome.kind).toBe('end');
        expect(walked.records).toEqual(rows);
        // What a page repeats is left out behind the walk, which therefore does not ask for it.
        const { overlap: _, ...plain } = api;
        expect(walked.requests).toHaveLength(requestsFor(plain, count));
      }),
      { numRuns: 40 },
    );
  });
});
