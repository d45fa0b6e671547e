// A forum whose posts come and go while they are read: each page repeats three rows of the one
// before, so that a row that moved is noticed.

import { defineSource } from '../shared/core/source/source.ts';

export default defineSource({
  name: 'overlap-example',
  baseUrl: 'https://api.example.com',
  credentials: { kind: 'api-key', header: 'X-Api-Key' },
  // A bucket of 40 that leaks two a second; a header tells its level.
  limits: [
    {
      kind: 'leaky-bucket',
      size: 40,
      leakPerSecond: 2,
      headers: { level: 'X-Call-Limit' },
    },
  ],
  streams: [
    {
      name: 'posts',
      path: 'posts',
      records: 'posts',
      pagination: { kind: 'offset', pageSize: 100, overlap: 3, total: 'total' },
      // Known again by their key; without one, by their bytes.
      primaryKey: ['id'],
    },
  ],
});
