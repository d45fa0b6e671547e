import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineSource, readSource, type Source } from '../../shared/core/source.ts';
import { listServer, type Served, type Server, walk } from '../core/list-server.ts';

const manual = readFileSync(new URL('../../docs/sources.md', import.meta.url), 'utf8');
const blocks = [...manual.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '');

/** The source in a block: its import and its export are what a file in `sources/` has. */
function read(block: string): Source {
  const importing = "import { defineSource } from '../shared/core/source.ts';\n\nexport default ";
  if (!block.startsWith(importing)) throw new Error(`not a source file: ${block.slice(0, 80)}`);
  const evaluate = new Function('defineSource', `return ${block.slice(importing.length)}`);
  return readSource(evaluate(defineSource), 'docs/sources.md');
}

const sources = new Map(blocks.map(read).map((source) => [source.name, source]));
const settings = { shop: 'blue', accountId: '190211', owner: 'acme' };

/** Ids beyond 2^53, so that a walk that rounds them goes wrong. */
const FIRST = 9_007_199_254_740_993n;
const idOf = (index: number): string => String(FIRST + BigInt(index));
const list = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `{"id":${idOf(index)},"entry_id":${idOf(index)}}`);

/** Serves the rows behind the one with the id in `after`, read from the text of the request. */
const behind =
  (rows: readonly string[], size: number, tell: (to: number, more: boolean) => object): Server =>
  ({ url, body = '' }) => {
    const after = /"?\bafter"?[=:](\d+)/.exec(body + url)?.[1];
    const from = after === undefined ? 0 : Number(BigInt(after) - FIRST) + 1;
    const page = rows.slice(from, from + size);
    return { rows: page, ...tell(from + page.length, from + page.length < rows.length) };
  };

const nextUrl = (url: URL, to: number): string => {
  const next = new URL(url);
  next.searchParams.set('start', String(to));
  return next.href;
};

const linked = (
  rows: readonly string[],
  size: string,
  tell: (next: string) => Omit<Served, 'rows'>,
): Server =>
  listServer({
    list: rows,
    start: (at) => at('start') ?? 0,
    size,
    tell: ({ url, to, more }) => tell(more ? nextUrl(url, to) : ''),
  });

/** What each example's API does, and how many requests `count` rows take. */
const apis: Record<string, { serve: (rows: string[]) => Server; size: number; late?: 1 }> = {
  'offset-example': {
    size: 100,
    serve: (rows) =>
      listServer({
        list: rows,
        start: (at) => at('_start') ?? 0,
        size: '_limit',
        tell: ({ all }) => ({ envelope: [], headers: { 'x-total-count': String(all) } }),
      }),
  },
  'page-example': {
    size: 50,
    serve: (rows) =>
      listServer({
        list: rows,
        start: (at) => (at('page') ?? 0) * (at('size') ?? 1),
        size: 'per_page',
        clamp: 50,
        tell: ({ all }) => ({ envelope: { pagination: { pages: Math.ceil(all / 50) } } }),
      }),
  },
  'cursor-example': {
    size: 70,
    late: 1,
    serve: (rows) => {
      const max = (to: number) => (to === 0 ? 'null' : idOf(to - 1));
      return (request) => {
        const served = behind(rows, 70, () => ({}))(request);
        const to = rows.indexOf(served.rows.at(-1) ?? '') + 1;
        return { ...served, envelope: `{"version":{"max":${max(to)}}}` };
      };
    },
  },
  'link-example': {
    size: 100,
    serve: (rows) =>
      linked(rows, 'limit', (next) => ({ envelope: { '@attributes': { next, previous: '' } } })),
  },
  'link-header-example': {
    size: 100,
    serve: (rows) =>
      linked(rows, 'per_page', (next) => ({
        headers: {
          link: `<https://x.example.org/>; rel="help"${next && `, <${next}>; rel="next"`}`,
        },
      })),
  },
  'keyset-example': {
    size: 500,
    serve: (rows) => behind(rows, 500, (_, more) => ({ envelope: { result: { has_more: more } } })),
  },
  'single-example': {
    size: Number.POSITIVE_INFINITY,
    serve: (rows) => () => ({ rows }),
  },
};

describe('the examples in docs/sources.md', () => {
  it('are one for each kind of pagination', () => {
    const kinds = [...sources.values()].flatMap(({ streams }) =>
      streams.map(({ pagination }) => pagination.kind),
    );
    expect(kinds).toEqual(['offset', 'page', 'cursor', 'link', 'link-header', 'keyset', 'single']);
    expect([...sources.keys()]).toEqual(Object.keys(apis));
  });

  it.each(Object.entries(apis))('%s reads each record once', (name, api) => {
    const source = sources.get(name);
    const stream = source?.streams[0];
    if (!source || !stream) throw new Error(`no example ${name}`);
    const counts = fc.oneof(fc.constantFrom(0, 1, 50, 70, 100, 140, 200, 500, 1000), fc.nat(1200));
    fc.assert(
      fc.property(counts, (count) => {
        const rows = list(count);
        const walked = walk(source, stream, api.serve(rows), { settings });
        expect(walked.outcome.kind).toBe('end');
        expect(walked.records).toEqual(rows);
        const pages = Math.max(1, Math.ceil(count / api.size));
        expect(walked.requests).toHaveLength(count === 0 ? 1 : pages + (api.late ?? 0));
      }),
      { numRuns: 40 },
    );
  });
});
