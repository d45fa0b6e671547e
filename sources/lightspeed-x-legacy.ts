// Lightspeed Retail X-Series (formerly Vend), API 0.x: numbered pages and named lists, for those
// who need its shapes. It has no versions, so that every run reads everything: prefer lightspeed-x.

import { lightspeedX } from '../shared/core/source/presets.ts';
import { defineSource, type Stream } from '../shared/core/source/source.ts';

/** 200 is the largest page. A list that fits on one page may come without `pagination`. */
const pages = (name: string, description: string): Stream => ({
  name,
  description,
  path: name,
  records: name,
  pagination: {
    kind: 'page',
    pageSize: 200,
    sizeParam: 'page_size',
    totalPages: 'pagination.pages',
    withoutTotal: 'one-page',
  },
  total: { body: 'pagination.results' },
  primaryKey: ['id'],
});

export default defineSource({
  name: 'lightspeed-x-legacy',
  description: 'Lightspeed Retail X-Series, API 0.x',
  baseUrl: 'https://{domainPrefix}.retail.lightspeed.app/api',
  settings: {
    domainPrefix: 'The part of the shop address before .retail.lightspeed.app',
    application: 'A name for the token or application: each has a budget of its own',
  },
  credentials: { kind: 'bearer' },
  limits: lightspeedX,
  scope: 'lightspeed-x/{domainPrefix}/{application}',
  streams: [
    pages('products', 'A product or variant with prices and stock'),
    pages('customers', 'A customer with balance and loyalty'),
    pages('register_sales', 'A sale with its lines, payments and taxes'),
  ],
});
