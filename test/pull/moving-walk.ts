// A walk over a list that moves, with the real decisions and no machine. Cursors go through JSON, as
// they do in a crash.

import type { Cursor } from '../../shared/core/page/cursor.ts';
import { addMoves, type Moves } from '../../shared/core/page/moves.ts';
import { pageFacts, recordsTold } from '../../shared/core/page/page-facts.ts';
import { nextPage } from '../../shared/core/page/pagination.ts';
import type { NextPage } from '../../shared/core/page/way.ts';
import { sliceRecords } from '../../shared/core/records/records.ts';
import type { Stream } from '../../shared/core/source/source.ts';
import { lookBack } from '../../shared/pull/seen-rows.ts';
import { bodyOf, type MovingList } from '../apis/moving.ts';

export interface MovingWalk {
  /** The lines that landed, in order. */
  readonly lines: readonly string[];
  readonly requests: number;
  readonly moved: Moves | undefined;
  readonly end: string;
}

/**
 * Walks the list to its end.
 * @param clamp the most rows that the server gives at a time, without a word
 * @param between happens before each request but the first
 */
export function walkMoving(
  stream: Stream,
  list: MovingList,
  clamp: number,
  between: (request: number) => void,
): MovingWalk {
  const { pagination } = stream;
  const lines: string[] = [];
  let cursor: Cursor = null;
  let moved: Moves | undefined;
  let toldEnd: Extract<NextPage, { kind: 'next' }>['toldEnd'];
  let toldBefore: number | undefined;
  let leastBefore: number | undefined;
  for (let requests = 1; requests < 2_000; requests++) {
    if (requests > 1) between(requests);
    const asked = 'pageSize' in pagination ? (pagination.pageSize ?? 1) : 1;
    const size = Math.min(asked, clamp);
    const body = bodyOf(list.rows(), startOf(cursor, size), size);
    const sliced = sliceRecords(Buffer.from(body), { path: 'data' });
    if (sliced.kind === 'fault') throw new Error(sliced.reason);
    const { count, envelope } = sliced;
    const facts = pageFacts({ rows: count, envelope, headers: {}, url: 'https://x.example/' });
    const next = nextPage({
      stream,
      isWhole: true,
      rowsBefore: lines.length + (moved?.repeats ?? 0),
      pagesBefore: requests - 1,
      toldBefore,
      leastBefore,
      toldEnd,
      cursor,
      page: facts,
      origin: 'https://x.example',
    });
    if (next.kind === 'fault') throw new Error(next.reason);
    toldEnd = next.kind === 'next' ? next.toldEnd : undefined;
    toldBefore = recordsTold(stream, facts)?.count ?? toldBefore;
    leastBefore = toldBefore && Math.min(leastBefore ?? toldBefore, toldBefore);
    const sight = lookBack(stream, { cursor, ...(moved ? { moved } : {}) }, sliced.lines, count);
    moved = addMoves(moved, sight.moved);
    const taken = sight.kind === 'taken';
    if (taken) lines.push(...Buffer.from(sight.lines).toString().split('\n').slice(0, -1));
    if (taken && next.kind === 'end') return { lines, requests, moved, end: next.reason };
    const follows = taken ? next.kind === 'next' && sight.remember(next.cursor) : sight.cursor;
    cursor = JSON.parse(JSON.stringify(follows));
  }
  throw new Error('the walk does not end');
}

function startOf(cursor: Cursor, size: number): number {
  if (cursor && 'offset' in cursor) return cursor.offset;
  return cursor && 'page' in cursor ? (cursor.page - 1) * size : 0;
}

export const idOf = (line: string): number => Number(/"id":(\d+)/.exec(line)?.[1]);
