// The saved queries of `sources/`, read and checked. Every file must be right: one that is not
// stops whoever asked, with what is wrong.

import { readdirSync, readFileSync } from 'node:fs';
import { readSavedQuery, type SavedQuery } from '../../shared/core/table/saved-query.ts';

const folder = new URL('../../sources/', import.meta.url);

/** All of them, by name. @throws DriplakeError configuration, with the faults of a file */
export function loadQueries(): SavedQuery[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => readSavedQuery(file, readFileSync(new URL(file, folder), 'utf8')));
}
