// What the API answers to a request for a page, by the kind of the stream: rows and what leads on,
// or a word on the walk.

import type { WalkAnswer } from '../faults.ts';
import { SERVER_CURSOR_HOURS, SIM_ORIGIN, type SimStream } from '../sim-source.ts';

/** One version of a row, and while it stood. */
export interface Version {
  readonly id: number;
  readonly version: number;
  /** Epoch seconds of the change. */
  readonly at: number;
  readonly line: string;
  readonly fromMs: number;
  untilMs: number;
}

export interface Page {
  /** What it means for the walk, where it is no page. */
  readonly says?: WalkAnswer;
  readonly status: number;
  readonly body: string;
}

export function listPage(
  stream: SimStream,
  rows: readonly Version[],
  query: URLSearchParams,
  { nowMs, epoch }: { readonly nowMs: number; readonly epoch: number },
): Page {
  const { name, kind, pageSize, cursorPadding } = stream;
  const number = (param: string, fallback: number): number => Number(query.get(param) ?? fallback);
  const page = (items: readonly Version[], rest: object): Page => {
    const fields = JSON.stringify(rest).slice(1);
    const body = `{"items":[${items.map((row) => row.line).join(',')}]`;
    return { status: 200, body: fields === '}' ? `${body}}` : `${body},${fields}` };
  };
  const from = (start: number): readonly Version[] => rows.slice(start, start + pageSize);
  const hasMore = (start: number): boolean => start + pageSize < rows.length;
  switch (kind) {
    case 'children':
      return { status: 404, body: '{"error":"of whom?"}' };
    case 'offset':
    case 'shifting':
      return page(from(number('offset', 0)), { total: rows.length });
    case 'page':
      return numberedPage(stream, number('page', 1), from, page);
    case 'token': {
      const parts = (query.get('token') ?? '0').split('-').map(Number);
      const [start = 0, issuedMs = nowMs, issued = epoch] = parts;
      if (issued !== epoch || nowMs - issuedMs > SERVER_CURSOR_HOURS * 3_600_000) {
        const body = '{"error":"that token is forgotten"}';
        return { says: 'dead-cursor', status: 410, body };
      }
      const next = `${start + pageSize}-${nowMs}-${epoch}-`.padEnd(cursorPadding, 'x');
      return page(from(start), { next: hasMore(start) ? next : null });
    }
    case 'link': {
      const start = number('start', 0);
      const next = `${SIM_ORIGIN}/${name}?start=${start + pageSize}`;
      return page(from(start), { next: hasMore(start) ? next : '' });
    }
    case 'keyset':
      return page(rows.filter((row) => row.id > number('after', 0)).slice(0, pageSize), {});
    case 'version': {
      const items = rows.filter((row) => row.version > number('after', 0)).slice(0, pageSize);
      return page(items, { version: { max: items.at(-1)?.version ?? null } });
    }
    case 'changes':
      return changesPage(stream, rows, query, page);
  }
}

/** Pages by number, where a number may hold none and one behind the last is none. */
function numberedPage(
  { endsByStatus, hasHoles, pageSize }: SimStream,
  number: number,
  from: (start: number) => readonly Version[],
  page: (items: readonly Version[], rest: object) => Page,
): Page {
  if (!endsByStatus) return page(from((number - 1) * pageSize), {});
  if (hasHoles && number % 3 === 0) return { says: 'hole', status: 204, body: '' };
  const held = hasHoles ? number - Math.floor(number / 3) : number;
  const items = from((held - 1) * pageSize);
  if (items.length > 0) return page(items, {});
  return { says: 'end', status: 404, body: '{"detail":"Invalid page."}' };
}

/** Rows in the order of their changes or ids; the link knows the last row that was shown. */
function changesPage(
  { name, listsById, pageSize }: SimStream,
  rows: readonly Version[],
  query: URLSearchParams,
  page: (items: readonly Version[], rest: object) => Page,
): Page {
  const [since, until] = [query.get('since'), query.get('until')];
  const [lastAt = 0, lastId = 0] = (query.get('last') ?? '0-0').split('-').map(Number);
  const wanted = rows.filter(
    ({ at, id }) =>
      (since === null || at * 1000 >= Date.parse(since)) &&
      (until === null || at * 1000 <= Date.parse(until)) &&
      (listsById ? id > lastId : at > lastAt || (at === lastAt && id > lastId)),
  );
  const items = wanted.slice(0, pageSize);
  const last = items.at(-1);
  const bounds = new URLSearchParams({ last: `${last?.at}-${last?.id}` });
  if (since !== null) bounds.set('since', since);
  if (until !== null) bounds.set('until', until);
  const next = wanted.length > pageSize ? `${SIM_ORIGIN}/${name}?${bounds}` : '';
  return page(items, { next });
}
