// Lightspeed Retail X-Series (formerly Vend), API 2.0. Nearly every list is a walk by `version`, a
// counter of the whole retailer: where a walk ends, the next run goes on.

import { lightspeedX } from '../shared/core/source/presets.ts';
import { defineSource, type Stream } from '../shared/core/source/source.ts';

/**
 * Sizes are clamped silently, so that only an empty page is the end; its version is null and is
 * not kept. A thousand rows are a few MB. What changes during a walk comes again at its end: a list
 * that changes faster than it is read is left there for the next run.
 */
const versions = (name: string, description: string, more: Partial<Stream> = {}): Stream => ({
  name,
  description,
  path: name,
  records: 'data',
  pagination: {
    kind: 'cursor',
    from: 'version.max',
    param: 'after',
    end: 'empty-page',
    pageSize: 1000,
    sizeParam: 'page_size',
  },
  incremental: { field: 'version', type: 'integer', changedAt: 'updated_at' },
  // A day at the limit, for lists without a time of change.
  maxPages: 100_000,
  primaryKey: ['id'],
  ...more,
});

/** Lists that tell of deleted rows when asked. */
const withDeleted = (name: string, description: string): Stream =>
  versions(name, description, { query: { deleted: true }, deletedField: 'deleted_at' });

export default defineSource({
  name: 'lightspeed-x',
  description: 'Lightspeed Retail X-Series (formerly Vend)',
  baseUrl: 'https://{domainPrefix}.retail.lightspeed.app/api/2.0',
  settings: {
    domainPrefix: 'The part of the shop address before .retail.lightspeed.app',
    application: 'A name for the token or application: each has a budget of its own',
  },
  // A personal token. OAuth applications: kind oauth2-refresh-token with the shop's own token URL.
  credentials: { kind: 'bearer' },
  limits: lightspeedX,
  scope: 'lightspeed-x/{domainPrefix}/{application}',
  streams: [
    versions('sales', 'A sale with its lines and payments', { casts: { sale_date: 'timestamp' } }),
    withDeleted('products', 'A product or variant'),
    versions('inventory', 'Stock of a product in an outlet'),
    withDeleted('customers', 'A customer'),
    withDeleted('customer_groups', 'A group of customers'),
    withDeleted('outlets', 'A shop or warehouse'),
    withDeleted('registers', 'A till of an outlet'),
    versions('users', 'A person who works in a shop'),
    versions('brands', 'A brand', { deletedField: 'deleted_at' }),
    versions('suppliers', 'A supplier'),
    withDeleted('tags', 'A word that marks products'),
    versions('product_types', 'A kind of product'),
    versions('taxes', 'A sales tax'),
    versions('outlet_taxes', 'The tax of a product in an outlet; read whole by each run', {
      primaryKey: ['outlet_id', 'product_id'],
      incremental: undefined,
    }),
    versions('payment_types', 'A way to pay'),
    versions('price_books', 'A list of prices'),
    versions('price_book_products', 'The price of a product in a price book'),
    versions('consignments', 'An order, a return, a transfer or a stock count'),
    {
      name: 'product_categories',
      description: 'A node of the category tree',
      path: 'product_categories',
      records: 'data.data.categories',
      pagination: {
        kind: 'cursor',
        from: 'data.page_info.last_seen',
        param: 'after',
        hasMore: 'data.page_info.has_next',
      },
      primaryKey: ['id'],
    },
    {
      name: 'inventory_levels',
      description: 'Stock of all products in all outlets, as it is now',
      path: 'inventory_levels',
      method: 'POST',
      // A bare list, or null behind its end.
      records: { path: '', missing: 'none' },
      pagination: { kind: 'offset', pageSize: 1000, limitParam: 'size', in: 'body' },
    },
  ],
});
