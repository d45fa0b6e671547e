// A warehouse with a counter of changes: the cursor of the last page is where the next run starts.

import { defineSource } from '../shared/core/source/source.ts';

export default defineSource({
  name: 'cursor-example',
  baseUrl: 'https://api.example.com/2.0',
  credentials: { kind: 'bearer' },
  // 300 requests in five minutes, and the API tells what remains.
  limits: [
    {
      kind: 'window',
      requests: 300,
      periodSeconds: 300,
      headers: { limit: 'X-RateLimit-Limit', remaining: 'X-RateLimit-Remaining' },
    },
  ],
  streams: [
    {
      name: 'products',
      path: 'products',
      query: { deleted: true },
      records: 'data',
      pagination: {
        kind: 'cursor',
        from: 'version.max',
        param: 'after',
        // Its pages are clamped, so that only a page without rows is the end.
        end: 'empty-page',
        pageSize: 1000,
        sizeParam: 'page_size',
      },
      // No `param`: the watermark is the first cursor of the next run.
      incremental: { field: 'version', type: 'integer' },
      primaryKey: ['id'],
      deletedField: 'deleted_at',
    },
  ],
});
