// A library whose page numbers stand in the path, and which signs in for itself.

import { defineSource } from '../shared/core/source/source.ts';

export default defineSource({
  name: 'page-in-path-example',
  baseUrl: 'https://api.example.com',
  credentials: {
    kind: 'oauth2-client-credentials',
    tokenUrl: 'https://api.example.com/oauth/token',
    scope: 'catalogue.read',
  },
  streams: [
    {
      name: 'books',
      path: 'books/page/{page}',
      records: 'result.books',
      pagination: {
        kind: 'page',
        in: 'path',
        pageSize: 50,
        sizeParam: 'size',
        // One flag ends the list: no page is asked for in vain.
        hasMore: 'result.more',
      },
      primaryKey: ['id'],
      // The catalogue locks a page while it is sorted: then the same page is asked for again.
      verdicts: [{ status: 423, verdict: 'retry' }],
    },
  ],
});
