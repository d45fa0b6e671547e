// A source whose streams are children: in each way in which an API may ask for whose they are, of
// parents, of lists and of stretches of time.

import { readSource, type Source, type Stream } from '../../shared/core/source/source.ts';

const pagination = { kind: 'page', hasMore: 'more' } as const;
const common = { records: 'data', pagination } as const;
const byOrder = { ...common, partitions: { parent: 'orders', as: 'order' } } as const;
const byShop = { parent: 'shops', as: 'shop' } as const;
const include = { order_id: '{order.id}' };
const visits = { field: 'at', first: '2025-12-20T00:00:00Z' } as const;

const STREAMS: readonly Stream[] = [
  { ...common, name: 'taxes', path: 'lines/{lines.id}/taxes', partitions: { parent: 'lines' } },
  { ...byOrder, name: 'lines', path: 'orders/{order.id}/lines', include },
  {
    ...common,
    name: 'orders',
    path: 'shops/{shop.id}/orders',
    partitions: byShop,
    include: { shop: '{shop.id}', shop_is_open: '{shop.open}' },
    primaryKey: ['id'],
  },
  { ...common, name: 'shops', path: 'shops', primaryKey: ['id'] },
  {
    ...byOrder,
    name: 'payments',
    path: 'payments',
    query: { order: '{order.id}' },
    include: { ...include, customer: '{order.customer.name}', shop: '{order.shop}' },
    verdicts: [{ status: 404, verdict: 'skip' }],
  },
  { ...byOrder, name: 'notes', path: 'notes', headers: { 'X-Order': '{order.id}' }, include },
  {
    ...byOrder,
    name: 'events',
    path: 'events',
    method: 'POST',
    body: { filter: { order: '{order.id}' } },
    include,
  },
  {
    ...common,
    name: 'open_notes',
    path: 'notes',
    headers: { 'X-Order': '{order.id}' },
    partitions: { parent: 'orders', as: 'order', where: { field: 'state', equals: 'open' } },
    include,
  },
  { ...common, name: 'products', path: 'products' },
  {
    ...common,
    name: 'stock',
    path: 'stock',
    query: { shop: '{shop.id}', sku: '{product.sku}' },
    partitions: [byShop, { parent: 'products', as: 'product' }],
    include: { shop: '{shop.id}', sku: '{product.sku}' },
  },
  {
    ...common,
    name: 'kinds',
    path: 'kinds/{kind}',
    partitions: { name: 'kind', values: ['big', 'small'] },
    include: { kind: '{kind}' },
  },
  {
    ...common,
    name: 'set_stock',
    path: 'stock',
    query: { shop: '{shop.id}', sku: '{sku}' },
    partitions: [byShop, { name: 'sku', setting: 'skus' }],
    include: { shop: '{shop.id}', sku: '{sku}' },
  },
  {
    ...common,
    name: 'visits',
    path: 'visits',
    incremental: { ...visits, param: 'min', until: { param: 'max' }, window: { days: 30 } },
  },
  {
    ...common,
    name: 'shop_visits',
    path: 'shops/{shop.id}/visits',
    partitions: byShop,
    include: { shop: '{shop.id}' },
    primaryKey: ['shop', 'id'],
    incremental: { ...visits, param: 'min', until: { param: 'max' }, window: { days: 30 } },
  },
  {
    ...common,
    name: 'visits_between',
    path: 'visits',
    query: { at: 'between {from},{to}' },
    incremental: { ...visits, window: { months: 1 } },
  },
  {
    ...common,
    name: 'visits_in_path',
    path: 'visits/{from}/{to}',
    include: { seen_from: '{from}' },
    incremental: { ...visits, window: { days: 7, as: 'YYYY-MM-DD' } },
  },
  {
    ...common,
    name: 'days',
    path: 'days',
    incremental: {
      ...visits,
      param: 'first',
      until: { param: 'last' },
      window: { days: 10, as: 'YYYY-MM-DD', inclusive: true },
    },
  },
  {
    ...common,
    name: 'clicks',
    path: 'clicks',
    query: { min: '{from}', max: '{to}' },
    incremental: { ...visits, window: { days: 20, as: 'epoch' } },
  },
  {
    ...common,
    name: 'months',
    path: 'months/{from}',
    incremental: { ...visits, window: { months: 1, as: 'YYYY-MM' } },
  },
  {
    ...common,
    name: 'years',
    path: 'years/{from}',
    incremental: { ...visits, window: { years: 1, as: 'YYYY' } },
  },
];

/** The stream of that name with its parents, on an API of this origin. */
export const familySource: Source = readSource(
  {
    name: 'family',
    baseUrl: 'https://family.example',
    zone: 'UTC',
    settings: { skus: 'Codes of the products to read, with commas between them' },
    streams: STREAMS,
  },
  'the family',
);
