// A list whose rows come, go and change between two requests, and a strict server of it by `offset`
// and `limit`. It knows nothing of overlaps: it serves the places that it is asked for.

import { type ApiModel, answer, referee, wholeNumber } from './exchange.ts';

export interface Row {
  readonly id: number;
  readonly version: number;
}

/** What happens to the list at a place, told as a share of its length. */
export type Move = readonly [kind: 'insert' | 'delete' | 'touch', at: number];

export interface MovingList {
  rows(): readonly Row[];
  /** Rows that were there from the start and still are. */
  stood(): readonly number[];
  move(...moves: readonly Move[]): void;
}

export function movingList(length: number): MovingList {
  const rows: Row[] = Array.from({ length }, (_, index) => ({ id: index + 1, version: 0 }));
  let ids = length;
  return {
    rows: () => rows,
    stood: () => rows.flatMap(({ id }) => (id <= length ? [id] : [])),
    move(...moves) {
      for (const [kind, share] of moves) {
        const at = Math.floor(share * rows.length);
        const row = rows[at];
        if (kind === 'insert') rows.splice(at, 0, { id: ++ids, version: 0 });
        else if (kind === 'delete') rows.splice(at, 1);
        else if (row) rows[at] = { ...row, version: row.version + 1 };
      }
    },
  };
}

/** One page of the list, as its body. */
export function bodyOf(rows: readonly Row[], from: number, size: number): string {
  const items = rows
    .slice(from, from + size)
    .map(({ id, version }) => `{"id":${id}, "v":${version}}`);
  return `{"data":[${items.join(', ')}],"total":${rows.length}}`;
}

export interface MovingModel extends ApiModel {
  readonly list: MovingList;
}

/**
 * @param before happens to the list before the n-th request is answered
 * @param pageLimit the most rows it gives at a time: more are a violation
 */
export function moving(
  list: MovingList,
  pageLimit: number,
  before: (request: number) => void,
): MovingModel {
  const watch = referee();
  return {
    list,
    handle(request, nowMs) {
      watch.request();
      before(watch.seen().requests);
      const { query } = request;
      const [offset, limit] = [query.get('offset'), query.get('limit')].map((text) =>
        text === null ? undefined : wholeNumber(text, 0),
      );
      if (offset === undefined || limit === undefined || limit > pageLimit) {
        watch.violation(`asks for ${request.rawQuery}`);
        return answer(nowMs, 400, '{}');
      }
      return answer(nowMs, 200, bodyOf(list.rows(), offset, limit));
    },
    stats: () => {
      const { requests, violations } = watch.seen();
      return { requests, violations, allowed: requests, refused: 0, idle: 0 };
    },
    spendForeign() {},
  };
}
