// Lightspeed Retail R-Series before V3: the same resources, limits and credentials, paged by
// offset. For accounts and integrations that have not moved yet.

import { defineSource, type Incremental, type Stream } from '../shared/core/source/source.ts';
import v3 from './lightspeed-r.ts';

/**
 * Rows are walked in the order of their ids. Sorted by time, a row that changes during the walk
 * would jump to the end and pull an unread row into the pages already read. Rows that are deleted
 * or come in during the walk still move those behind them: three rows of a hundred are read again
 * to notice it.
 */
const byOffset = ({ incremental, ...stream }: Stream): Stream => ({
  ...stream,
  ...(incremental ? { incremental: unordered(incremental) } : {}),
  query: { ...stream.query, sort: stream.primaryKey?.[0] ?? '' },
  pagination: { kind: 'offset', pageSize: 100, overlap: 3, total: '@attributes.count' },
  total: { body: '@attributes.count' },
});

/** Rows do not come in the order of change here. */
const unordered = ({ changedAt: _, ...rest }: Incremental): Incremental => rest;

export default defineSource({
  ...v3,
  name: 'lightspeed-r-legacy',
  description: 'Lightspeed Retail R-Series, the API before V3',
  baseUrl: 'https://api.lightspeedapp.com/API/Account/{accountId}',
  streams: v3.streams.map(byOffset),
});
