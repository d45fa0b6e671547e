// Issues and comments of a GitHub repository: children, links in a header, a window of an hour.

import {
  github,
  githubRefusedWaitSeconds,
  githubVerdicts,
} from '../shared/core/source/presets.ts';
import { defineSource } from '../shared/core/source/source.ts';

export default defineSource({
  name: 'github-issues',
  description: 'Issues, pull requests and comments of one GitHub repository',
  baseUrl: 'https://api.github.com/repos/{owner}/{repository}',
  settings: {
    owner: 'The user or organisation that owns the repository',
    repository: 'The name of the repository',
  },
  credentials: { kind: 'bearer' },
  limits: github,
  verdicts: githubVerdicts,
  refusedWaitSeconds: githubRefusedWaitSeconds,
  defaults: {
    records: { path: '' },
    pagination: { kind: 'link-header', pageSize: 100, sizeParam: 'per_page' },
    primaryKey: ['id'],
  },
  streams: [
    {
      name: 'issues',
      path: 'issues',
      // Sorted by what does not change: rows do not move while they are read.
      query: { state: 'all', sort: 'created', direction: 'asc' },
      incremental: { field: 'updated_at', param: 'since' },
    },
    {
      name: 'comments',
      path: 'issues/{issue.number}/comments',
      // A walk for each issue that has changed; its number stands in each line.
      partitions: { parent: 'issues', as: 'issue' },
      include: { issue_number: '{issue.number}' },
    },
  ],
});
