// What a terminal shows of a run.

import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { showProgress } from '../../../local/screen/progress.ts';

const of = { source: 'shop', stream: 'items', runId: 'r' };

function screen(columns: number, rows: number) {
  const out = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: true, columns, rows });
  return { out, shown: (): string => String(out.read() ?? '') };
}

describe('progress on a terminal', () => {
  it.each([
    ['of the usual size', 80, 24],
    ['that has no size', 0, 0],
  ])('shows pages, records and the bucket on one %s', (_, columns, rows) => {
    const { out, shown } = screen(columns, rows);
    const progress = showProgress(out);
    progress.note({
      kind: 'page',
      ...of,
      pages: 3,
      records: 60,
      bytes: 1,
      level: { spent: 45, of: 90 },
    });
    progress.done();
    expect(shown()).toMatch(/items +pulls +3 pages +60 records[\s\S]*bucket █+░+ 45\.0 of 90/);
  });

  it('leaves its picture once, whoever says again that it is done', () => {
    const { out, shown } = screen(80, 24);
    const progress = showProgress(out);
    progress.note({ kind: 'stream', ...of, status: 'finished' });
    progress.done();
    out.write('the report\n');
    progress.done();
    expect(shown()).toMatch(/items +finished[\s\S]*the report\n$/);
  });
});
