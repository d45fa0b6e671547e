// A forge with the standard header, a limit on everything, and its own media type.

import { defineSource } from '../shared/core/source/source.ts';

export default defineSource({
  name: 'link-header-example',
  baseUrl: 'https://api.example.com',
  settings: { owner: 'An organisation or a person' },
  headers: { Accept: 'application/vnd.example+json' },
  credentials: { kind: 'bearer' },
  limits: [
    {
      kind: 'window',
      requests: 5000,
      periodSeconds: 3600,
      headers: { remaining: 'X-RateLimit-Remaining', reset: 'X-RateLimit-Reset' },
    },
  ],
  // Half of it is left to people.
  reserve: 0.5,
  streams: [
    {
      name: 'issues',
      path: 'orgs/{owner}/issues',
      query: { state: 'all', sort: 'updated', direction: 'asc' },
      records: { path: '' },
      pagination: { kind: 'link-header', pageSize: 100, sizeParam: 'per_page' },
      incremental: { field: 'updated_at', param: 'since', lookbackSeconds: 60 },
      primaryKey: ['id'],
      // An organisation without issues answers 410: nothing to read is no failure.
      verdicts: [{ status: 410, verdict: 'skip' }],
    },
  ],
});
