// X-Series pages as bytes: 2.0 by version, 0.x by number, product_categories by a string,
// inventory_levels by a POST with an offset. A cursor that no page ever gave is written down:
// somebody rounded it.

import { type ApiRequest, type ApiResponse, answer, jsonObject, wholeNumber } from './exchange.ts';
import type { XSeriesQuirks } from './lightspeed-x-quirks.ts';
import { deletable, type Retailer, type VersionedRow } from './lightspeed-x-rows.ts';

export interface XSeriesContext {
  readonly quirks: XSeriesQuirks;
  readonly store: Retailer;
  /** Every cursor this server ever gave. */
  readonly issued: Set<string>;
  readonly watch: { violation(text: string): void };
  readonly pageSizes: Readonly<Record<string, number>>;
}

export function route(request: ApiRequest, nowMs: number, context: XSeriesContext): ApiResponse {
  const found = /^\/api(\/2\.0)?\/([a-z_]+)$/u.exec(request.path);
  const stream = found?.[2] ?? '';
  const rows = context.store.byVersion(stream);
  if (found === null || rows === undefined) return fault(nowMs, 404, 'Not Found', request.path);
  if (found[1] === undefined) return numberedPage(request, nowMs, stream, context);
  if (stream === 'inventory_levels') return inventoryLevels(request, nowMs, context);
  if (request.method !== 'GET') return fault(nowMs, 405, 'Method Not Allowed', request.method);
  if (stream === 'product_categories') return productCategories(request, nowMs, context);
  return versionPage(request, nowMs, stream, rows, context);
}

/** `{"data":[...],"version":{"min":n,"max":n}}`: ascending, after the given version. */
function versionPage(
  request: ApiRequest,
  nowMs: number,
  stream: string,
  rows: readonly VersionedRow[],
  context: XSeriesContext,
): ApiResponse {
  const { quirks, issued, store, watch } = context;
  const size = pageSize(request, stream, context);
  if (size === undefined) return fault(nowMs, 400, 'Bad Request', 'page_size is out of range');
  const asked = request.query.get('after') ?? '0';
  if (!/^\d+$/u.test(asked)) {
    watch.violation(`after=${asked} is not a version`);
    if (quirks.exactVersions) return fault(nowMs, 400, 'Bad Request', 'after is not a version');
  } else if (!issued.has(asked)) watch.violation(`after=${asked} was never given by a page`);
  const after = /^\d+$/u.test(asked) ? BigInt(asked) : 0n;
  const showsDeleted =
    !quirks.hideDeleted ||
    !deletable.has(stream) ||
    ['true', '1'].includes(request.query.get('deleted') ?? '');
  const page: VersionedRow[] = [];
  for (
    let place = firstAfter(rows, after);
    place < rows.length && page.length < size;
    place += 1
  ) {
    const row = rows[place];
    if (row !== undefined && (showsDeleted || row.deletedAt === null)) page.push(row);
  }
  const nothing = quirks.nullVersions ? 'null' : '0';
  const min = page[0]?.version.toString() ?? nothing;
  const max = page.at(-1)?.version.toString() ?? nothing;
  issued.add(max);
  const data = page.map(store.text).join(',');
  return answer(nowMs, 200, `{"data":[${data}],"version":{"min":${min},"max":${max}}}`);
}

function firstAfter(rows: readonly VersionedRow[], after: bigint): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle]?.version ?? 0n) <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Undefined: not a size, or over the most while clamping is off. */
function pageSize(
  request: ApiRequest,
  stream: string,
  context: XSeriesContext,
): number | undefined {
  const most = context.pageSizes[stream] ?? (stream === 'sales' ? 500 : 10_000);
  const size = wholeNumber(request.query.get('page_size'), most);
  if (size === undefined || size < 1) return undefined;
  return size <= most ? size : context.quirks.clampPageSize ? most : undefined;
}

/** 0.x: `{"pagination":{...},"customers":[...]}`, at most 200 records a page. */
function numberedPage(
  request: ApiRequest,
  nowMs: number,
  stream: string,
  context: XSeriesContext,
): ApiResponse {
  const { quirks, store } = context;
  const asked = wholeNumber(request.query.get('page_size'), 100);
  const page = wholeNumber(request.query.get('page'), 1);
  const tooLarge = !quirks.clampPageSize && (asked ?? 0) > 200;
  if (asked === undefined || page === undefined || asked < 1 || page < 1 || tooLarge) {
    return fault(nowMs, 400, 'Bad Request', 'page or page_size is out of range');
  }
  const size = Math.min(asked, 200);
  const rows = (store.byCreation(stream) ?? []).filter(
    (row) => !quirks.hideDeleted || row.deletedAt === null,
  );
  const pages = Math.ceil(rows.length / size);
  const head = JSON.stringify({ results: rows.length, page, page_size: size, pages });
  const texts = rows.slice((page - 1) * size, page * size).map(store.text);
  return answer(nowMs, 200, `{"pagination":${head},"${stream}":[${texts.join(',')}]}`);
}

/** `{"data":{"page_info":{"has_next":..,"last_seen":".."},"data":{"categories":[...]}}}` */
function productCategories(
  request: ApiRequest,
  nowMs: number,
  context: XSeriesContext,
): ApiResponse {
  const rows = context.store.byCreation('product_categories') ?? [];
  const size = pageSize(request, 'product_categories', context);
  const after = request.query.get('after') ?? '';
  const place = after === '' ? 0 : rows.findIndex((row) => row.id === after) + 1;
  if (size === undefined || (after !== '' && place === 0)) {
    context.watch.violation(`product_categories cannot go on after ${after}`);
    return fault(nowMs, 400, 'Bad Request', 'after or page_size is not known');
  }
  const page = rows.slice(place, place + size);
  const info = { has_next: place + size < rows.length, last_seen: page.at(-1)?.id ?? '' };
  const categories = page.map(context.store.text).join(',');
  const inner = `{"categories":[${categories}]}`;
  return answer(nowMs, 200, `{"data":{"page_info":${JSON.stringify(info)},"data":${inner}}}`);
}

/** POST `{"offset":0,"size":100}`: a bare list, or `null` past the end. */
function inventoryLevels(
  request: ApiRequest,
  nowMs: number,
  context: XSeriesContext,
): ApiResponse {
  if (request.method !== 'POST') return fault(nowMs, 405, 'Method Not Allowed', request.method);
  const body = jsonObject(request.body);
  const offset = natural(body['offset'] ?? 0);
  const size = natural(body['size'] ?? 100);
  if (offset === undefined || size === undefined || size < 1) {
    return fault(nowMs, 400, 'Bad Request', 'offset and size must be whole numbers');
  }
  const most = context.pageSizes['inventory_levels'] ?? 10_000;
  const rows = context.store.byCreation('inventory_levels') ?? [];
  const page = rows.slice(offset, offset + Math.min(size, most));
  const list = `[${page.map(context.store.text).join(',')}]`;
  return answer(nowMs, 200, page.length === 0 ? 'null' : list);
}

function natural(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined;
}

function fault(nowMs: number, status: number, error: string, message: string): ApiResponse {
  return answer(nowMs, status, JSON.stringify({ error, message }));
}
