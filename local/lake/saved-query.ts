// A saved query that comes with a source, by its name.

import { loadQueries } from '../../infra/settings/load-queries.ts';
import { DriplakeError, Failure } from '../../shared/core/failures.ts';
import type { SavedQuery } from '../../shared/core/table/saved-query.ts';

/** @throws DriplakeError configuration, with the names that there are */
export function savedQuery(name: string): SavedQuery {
  const queries = loadQueries();
  const found = queries.find((query) => query.name === name);
  if (found) return found;
  throw new DriplakeError(
    Failure.configuration,
    `There is no saved query ${JSON.stringify(name)}.`,
    `There are: ${queries.map((query) => query.name).join(', ')}.`,
  );
}
