// The children of a parent, which never change: how many there are and what they hold follows from
// the parent's id, so that whoever knows the parents knows what must have been read.

import type { Kin, SimStream } from '../sim-source.ts';
import { SIM_ORIGIN } from '../sim-source.ts';
import type { Page } from './pages.ts';

export interface Child {
  /** Epoch ms of its only change: before the world began. */
  readonly atMs: number;
  /** As the API has it. */
  readonly item: string;
  /** As it lands, with the parent's id before the rest. */
  readonly line: string;
}

const BEGAN_MS = Date.UTC(2026, 10, 1);

/** Whether the API has no list for this parent. */
export const isRefused = ({ refuses }: Kin, parent: number): boolean =>
  refuses && parent % 4 === 3;

/** The children of a parent, for one shop where there are several. */
export function childrenOf({ shops }: Kin, parent: number, shop: string | null): readonly Child[] {
  const place = shop === null ? 0 : shops.indexOf(shop);
  return Array.from({ length: (parent * 7 + place) % 5 }, (_, index) => {
    const id = parent * 20 + place * 10 + index;
    const atMs = BEGAN_MS + ((id * 37) % 50) * 1000;
    const item = `"id":${id},"at":"${new Date(atMs).toISOString()}"`;
    return { atMs, item: `{${item}}`, line: `{"of":${parent},${item}}` };
  });
}

/** What was changed later than `since` says; the link leads to the rest of the same list. */
export function childrenPage(
  { name, kin, pageSize }: SimStream,
  parent: number,
  query: URLSearchParams,
): Page {
  if (!kin || isRefused(kin, parent)) return { status: 404, body: '{"error":"none of these"}' };
  const since = query.get('since');
  const all = childrenOf(kin, parent, query.get('shop')).filter(
    ({ atMs }) => since === null || atMs > Date.parse(since),
  );
  const start = Number(query.get('start') ?? 0);
  const items = all.slice(start, start + pageSize).map(({ item }) => item);
  const on = new URLSearchParams(query);
  on.set('start', String(start + pageSize));
  const next = start + pageSize < all.length ? `${SIM_ORIGIN}/${name}/${parent}?${on}` : '';
  const total = parent % 3 === 0 ? 'null' : all.length;
  const told = `"next":${JSON.stringify(next)},"total":${total}`;
  return { status: 200, body: `{"items":[${items.join()}],${told}}` };
}
