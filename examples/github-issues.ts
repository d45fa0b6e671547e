// Issues and pull requests of one GitHub repository: links in a header, a window of an hour.

import {
  github,
  githubRefusedWaitSeconds,
  githubVerdicts,
} from '../shared/core/source/presets.ts';
import { defineSource } from '../shared/core/source/source.ts';

export default defineSource({
  name: 'github-issues',
  description: 'Issues and pull requests of one GitHub repository',
  baseUrl: 'https://api.github.com/repos/{owner}/{repository}',
  settings: {
    owner: 'The user or organisation that owns the repository',
    repository: 'The name of the repository',
  },
  credentials: { kind: 'bearer' },
  limits: github,
  verdicts: githubVerdicts,
  refusedWaitSeconds: githubRefusedWaitSeconds,
  streams: [
    {
      name: 'issues',
      path: 'issues',
      // Sorted by what does not change: rows do not move while they are read.
      query: { state: 'all', sort: 'created', direction: 'asc' },
      records: { path: '' },
      pagination: { kind: 'link-header', pageSize: 100, sizeParam: 'per_page' },
      incremental: { field: 'updated_at', param: 'since' },
      primaryKey: ['id'],
    },
  ],
});
