// A shop whose pages are numbered from 0. It clamps `per_page` to 50 and does not say so.

import { defineSource } from '../shared/core/source/source.ts';

export default defineSource({
  name: 'page-example',
  baseUrl: 'https://{shop}.example.com/api',
  settings: { shop: 'The part of the shop address before .example.com' },
  credentials: { kind: 'api-key', header: 'X-Api-Key' },
  streams: [
    {
      name: 'orders',
      path: 'orders',
      records: 'orders',
      pagination: {
        kind: 'page',
        firstPage: 0,
        pageSize: 200,
        sizeParam: 'per_page',
        // The number of pages in the size that the API really gives.
        totalPages: 'pagination.pages',
      },
      // Compared with what landed when the run has finished; a difference fails the run.
      total: { body: 'pagination.results', onMismatch: 'fail' },
      primaryKey: ['id'],
    },
  ],
});
