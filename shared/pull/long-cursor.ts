// Cursors that are too long for the head of a batch live in the lake, named by their content. They
// are written before anything points to them; one that is gone or damaged is told, never guessed.
// Why: docs/decisions/013-long-cursors-in-the-lake.md

import { hash } from 'node:crypto';
import { CURSOR_INLINE_BYTES } from '../core/bounds.ts';
import type { Cursor, KeptCursor, StoredCursor } from '../core/page/cursor.ts';
import { cursorKey, type RunFolder } from '../core/table/keys.ts';
import type { Lake } from '../ports/lake/lake.ts';

type RunName = Pick<RunFolder, 'source' | 'stream' | 'runId'>;

/**
 * The cursor as the ledger keeps it: itself, or where it is now stored.
 * @param before what the ledger holds already, which need not be written again
 */
export async function keepCursor(
  lake: Pick<Lake, 'writeText'>,
  place: RunName,
  cursor: Cursor,
  before: KeptCursor,
): Promise<KeptCursor> {
  const text = JSON.stringify(cursor);
  const bytes = Buffer.byteLength(text);
  if (bytes <= CURSOR_INLINE_BYTES) return cursor;
  const stored = hash('sha256', text);
  if (before && 'stored' in before && before.stored === stored) return before;
  await lake.writeText(cursorKey(place, stored), text);
  return { stored, bytes };
}

/** The cursor that the ledger keeps, or why it can't be had. */
export async function recallCursor(
  lake: Pick<Lake, 'readText'>,
  place: RunName,
  kept: KeptCursor,
): Promise<{ readonly cursor: Cursor } | { readonly lost: string }> {
  if (!isStored(kept)) return { cursor: kept };
  const key = cursorKey(place, kept.stored);
  const text = await lake.readText(key);
  if (text !== undefined && hash('sha256', text) === kept.stored) {
    return { cursor: JSON.parse(text) };
  }
  const what = text === undefined ? 'is gone from the lake' : 'was changed in the lake';
  return {
    lost: `The cursor ${key} ${what}. The next run reads this stream again from its start.`,
  };
}

const isStored = (kept: KeptCursor): kept is StoredCursor => kept !== null && 'stored' in kept;
