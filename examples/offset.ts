// An address book that counts its rows in a header.

import { defineSource } from '../shared/core/source/source.ts';

export default defineSource({
  name: 'offset-example',
  baseUrl: 'https://api.example.com/v1',
  // The API says nothing of its limits, its manual does: 60 requests in any 60 seconds.
  limits: [{ kind: 'declared', requests: 60, periodSeconds: 60 }],
  streams: [
    {
      name: 'contacts',
      path: 'contacts',
      // By id, which does not change: rows do not move while they are read.
      query: { sort: 'id' },
      // The body is a bare list.
      records: { path: '' },
      pagination: {
        kind: 'offset',
        pageSize: 100,
        offsetParam: '_start',
        limitParam: '_limit',
        // Ends at the total, also when it is a multiple of 100: no request too many.
        total: { header: 'X-Total-Count' },
      },
      primaryKey: ['id'],
    },
  ],
});
