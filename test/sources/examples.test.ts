import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { walk } from '../core/page/list-server.ts';
import { exampleApis, exampleRows, exampleSettings, examples } from './example-apis.ts';

describe('the examples in docs/sources.md', () => {
  it('are one for each kind of pagination', () => {
    const kinds = [...examples.values()].flatMap(({ streams }) =>
      streams.map(({ pagination }) => pagination.kind),
    );
    expect(kinds).toEqual(['offset', 'page', 'cursor', 'link', 'link-header', 'keyset', 'single']);
    expect([...examples.keys()]).toEqual(Object.keys(exampleApis));
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
        const pages = Math.max(1, Math.ceil(count / api.size));
        expect(walked.requests).toHaveLength(count === 0 ? 1 : pages + (api.late ?? 0));
      }),
      { numRuns: 40 },
    );
  });
});
