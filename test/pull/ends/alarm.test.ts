import { describe, expect, it } from 'vitest';
import type { Stream } from '../../../shared/core/source/source.ts';
import { openWalk, rowsOf, sourceOf } from './walk-world.ts';
import { PAGE_SIZE, serve, wellFormed } from './well-formed-apis.ts';

const paged = wellFormed.filter(({ stream }) => stream.pagination?.kind !== 'single');
const size = { pageSize: PAGE_SIZE, sizeParam: 'limit' };

/** Declarations that find no next page with any of these APIs. */
const typos: readonly (readonly [string, Stream['pagination']])[] = [
  ['a cursor', { kind: 'cursor', from: 'nxt', param: 'cursor', ...size }],
  ['a cursor in a header', { kind: 'cursor', from: { header: 'X-Nxt' }, param: 'cursor' }],
  ['a link', { kind: 'link', from: 'links.nxt', ...size }],
  ['a link header', { kind: 'link-header', rel: 'nxt', ...size }],
  ['one request', { kind: 'single' }],
];

describe.each(paged)('$name, of 25 rows', (api) => {
  it.each(typos)(
    'declared by mistake as %s is no end, and nothing is published',
    async (_, typo) => {
      const walk = openWalk(serve(api, 25));
      const source = sourceOf({ pagination: typo, records: api.rows ?? '' });
      const ran = await walk.run(source);
      expect(ran).toMatchObject({ exit: 1, rows: [] });
      expect(ran.cause).toMatch(/ says .*, which looks like more: correct the pagination/);
      const mended = await walk.run(sourceOf({ ...api.stream, records: api.rows ?? '' }));
      expect(mended).toMatchObject({ exit: 0, warnings: [] });
      expect(mended.rows).toEqual(rowsOf(25));
    },
  );
});
