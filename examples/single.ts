// A table of exchange rates: one request is all of it.

import { defineSource } from '../shared/core/source/source.ts';

export default defineSource({
  name: 'single-example',
  baseUrl: 'https://api.example.com',
  credentials: { kind: 'none' },
  streams: [
    {
      name: 'rates',
      path: 'rates/latest',
      records: 'rates',
      pagination: { kind: 'single' },
      // No primary key: the table is the last whole answer.
    },
  ],
});
