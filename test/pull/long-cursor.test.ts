import { describe, expect, it } from 'vitest';
import { CURSOR_INLINE_BYTES } from '../../shared/core/bounds.ts';
import { describeCursor } from '../../shared/core/page/cursor.ts';
import { memoryLake } from '../../shared/ports/lake/lake.ts';
import { keepCursor, recallCursor } from '../../shared/pull/long-cursor.ts';

const PLACE = { source: 'shop', stream: 'items', runId: '20261121T080000Z-0000000a' };

/** A cursor of so many bytes of JSON: `{"value":""}` are twelve of them. */
const ofBytes = (bytes: number) => ({ value: 'x'.repeat(bytes - 12) });

describe('a cursor', () => {
  it('stays itself up to the limit, and is stored from the next byte on', async () => {
    const lake = memoryLake();
    const short = ofBytes(CURSOR_INLINE_BYTES);
    expect(await keepCursor(lake, PLACE, short, null)).toBe(short);
    expect(lake.objects.size).toBe(0);
    const long = ofBytes(CURSOR_INLINE_BYTES + 1);
    const kept = await keepCursor(lake, PLACE, long, null);
    expect(kept).toEqual({
      stored: expect.stringMatching(/^[0-9a-f]{64}$/),
      bytes: CURSOR_INLINE_BYTES + 1,
    });
    expect([...lake.objects.keys()]).toEqual([
      expect.stringMatching(
        /^_cursors\/shop\/items\/20261121T080000Z-0000000a\/[0-9a-f]{64}\.json$/,
      ),
    ]);
    expect(await recallCursor(lake, PLACE, kept)).toEqual({ cursor: long });
  });

  it('is counted in bytes, not in characters', async () => {
    const cursor = { value: 'é'.repeat(CURSOR_INLINE_BYTES / 2) };
    expect(await keepCursor(memoryLake(), PLACE, cursor, null)).toHaveProperty('stored');
  });

  it('that did not move is not written again', async () => {
    const lake = memoryLake();
    const long = ofBytes(20_000);
    const kept = await keepCursor(lake, PLACE, long, null);
    const silent = { writeText: () => Promise.reject(new Error('written again')) };
    expect(await keepCursor(silent, PLACE, long, kept)).toEqual(kept);
  });

  it('that is kept elsewhere says so to people, and no cursor shows what it remembers of rows', () => {
    expect(describeCursor({ stored: 'ab12', bytes: 20_000 })).toBe(
      '{"stored":"ab12","bytes":20000}',
    );
    expect(describeCursor({ offset: 97, overlap: 3, size: 100, tail: ['a', 'b'] })).toBe(
      '{"offset":97,"overlap":3}',
    );
  });
});
