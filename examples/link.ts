// A till system that gives the URL of the next page, and an empty text at the end.

import { defineSource } from '../shared/core/source/source.ts';

export default defineSource({
  name: 'link-example',
  baseUrl: 'https://api.example.com/V3/Account/{accountId}',
  settings: { accountId: 'Number of the account' },
  credentials: {
    kind: 'oauth2-refresh-token',
    tokenUrl: 'https://cloud.example.com/oauth/token',
  },
  streams: [
    {
      name: 'items',
      path: 'Item.json',
      query: { sort: 'timeStamp' },
      // One row comes as an object, no row as nothing at all.
      records: { path: 'Item', single: 'record', missing: 'none' },
      pagination: { kind: 'link', from: '@attributes.next', pageSize: 100, sizeParam: 'limit' },
      incremental: {
        field: 'timeStamp',
        param: 'timeStamp',
        format: '>=,{value}',
        first: '2020-01-01T00:00:00+00:00',
      },
      primaryKey: ['itemID'],
      casts: { itemID: 'bigint', timeStamp: 'timestamp' },
    },
  ],
});
