// JSONPlaceholder: six collections of fake data, free for all. The demo runs it on loopback
// behind a proxy that enforces this bucket; the public service sends no such headers and gets the
// same pace.

import { defineSource, type Stream } from '../shared/core/source/source.ts';

const collection = (name: string, description: string): Stream => ({
  name,
  description,
  path: name,
  records: { path: '' },
  pagination: {
    kind: 'offset',
    pageSize: 20,
    offsetParam: '_start',
    limitParam: '_limit',
    total: { header: 'X-Total-Count' },
  },
  total: { header: 'X-Total-Count' },
  primaryKey: ['id'],
});

export default defineSource({
  name: 'jsonplaceholder',
  description: 'Fake users, posts and photos for trying things out',
  baseUrl: 'https://jsonplaceholder.typicode.com',
  limits: [
    {
      kind: 'leaky-bucket',
      size: 60,
      leakPerSecond: 20,
      headers: { level: 'X-LS-API-Bucket-Level', leakPerSecond: 'X-LS-API-Drip-Rate' },
    },
  ],
  concurrency: 3,
  streams: [
    collection('users', 'A person with address and company (10)'),
    collection('posts', 'A text by a user (100)'),
    collection('comments', 'A comment on a post (500)'),
    collection('albums', 'An album of a user (100)'),
    collection('photos', 'A photo in an album (5,000)'),
    collection('todos', 'A task of a user, done or not (200)'),
  ],
});
