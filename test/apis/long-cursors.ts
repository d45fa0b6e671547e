// A strict search by POST whose cursors are as long as it likes: the place of the next page, and
// much beside. A cursor that comes back changed in a single character is a violation.

import { type ApiModel, answer, jsonObject, referee } from './exchange.ts';

export interface LongCursors extends ApiModel {
  records(): string[];
  /** Places at which it was asked, in order. */
  asked(): readonly number[];
  /** From this request on it fails, until it is mended. */
  breakAt(request: number): void;
  mend(): void;
}

/** @param cursorChars length of its cursors */
export function longCursors(length: number, pageSize: number, cursorChars: number): LongCursors {
  const watch = referee();
  const asked: number[] = [];
  let brokenFrom = Number.POSITIVE_INFINITY;
  const cursorAt = (place: number): string => `${place}:`.padEnd(cursorChars, `é"\\${place}/`);
  const records = Array.from({ length }, (_, index) => `{"id":${index + 1}}`);
  return {
    handle(request, nowMs) {
      watch.request();
      if (watch.seen().requests >= brokenFrom) return answer(nowMs, 500, 'It broke.');
      const { after } = jsonObject(request.body);
      const place = typeof after === 'string' ? Number.parseInt(after, 10) : 0;
      if (request.method !== 'POST' || (place > 0 && after !== cursorAt(place))) {
        watch.violation('sends a cursor that it was never given');
        return answer(nowMs, 400, '{}');
      }
      asked.push(place);
      const to = place + pageSize;
      const next = to < length ? JSON.stringify(cursorAt(to)) : 'null';
      const page = records.slice(place, to).join(',');
      return answer(nowMs, 200, `{"next":${next},"data":[${page}]}`);
    },
    stats: () => {
      const { requests, violations } = watch.seen();
      return { requests, violations, allowed: requests, refused: 0, idle: 0 };
    },
    spendForeign() {},
    records: () => records,
    asked: () => asked,
    breakAt(request) {
      brokenFrom = request;
    },
    mend() {
      brokenFrom = Number.POSITIVE_INFINITY;
    },
  };
}
