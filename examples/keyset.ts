// A ledger that is searched by POST: each page starts behind the last entry of the one before.

import { defineSource } from '../shared/core/source/source.ts';

export default defineSource({
  name: 'keyset-example',
  baseUrl: 'https://api.example.com',
  credentials: { kind: 'basic' },
  streams: [
    {
      name: 'entries',
      path: 'ledger/search',
      method: 'POST',
      body: { filter: 'all', order: 'entry_id' },
      records: 'result.entries',
      pagination: {
        kind: 'keyset',
        // A 64-bit number: it is sent back digit for digit, never rounded.
        field: 'entry_id',
        param: 'after',
        in: 'body',
        pageSize: 500,
        sizeParam: 'size',
        hasMore: 'result.has_more',
      },
      primaryKey: ['entry_id'],
    },
  ],
});
