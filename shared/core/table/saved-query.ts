// A saved query: an SQL file beside the source it asks, `<source>.<name>.sql`. Its leading comment
// is its title and its description. One statement that reads, in words of DuckDB and of Athena.

import {
  SAVED_QUERY_BYTES,
  SAVED_QUERY_DESCRIPTION_CHARS,
  SAVED_QUERY_NAME_CHARS,
} from '../bounds.ts';
import { DriplakeError, Failure } from '../failures.ts';

export interface SavedQuery {
  /** `lightspeed-r.daily-sales`: the file without its ending. */
  readonly name: string;
  readonly source: string;
  /** The first line of the comment. */
  readonly title: string;
  /** The other lines of the comment as one. */
  readonly description: string;
  /** The statement alone. */
  readonly sql: string;
}

const FILE = /^(([a-z][a-z0-9_-]*)\.[a-z][a-z0-9-]*)\.sql$/;

/**
 * @param file name of the file, without folders
 * @throws DriplakeError configuration, with every fault of the file
 */
export function readSavedQuery(file: string, text: string): SavedQuery {
  const [, name = '', source = ''] = FILE.exec(file) ?? [];
  const lines = text.trim().split(/\r?\n/);
  const body = lines.findIndex((line) => !line.startsWith('--'));
  const comment = lines.slice(0, Math.max(0, body)).map((line) => line.slice(2).trim());
  const [title = '', ...rest] = comment;
  const description = rest.filter((line) => line !== '').join(' ');
  const sql = body < 0 ? '' : lines.slice(body).join('\n').trim();
  const faults = [
    ...(name === '' ? ['expected a name such as <source>.daily-sales.sql'] : []),
    ...tooLong('the name', name.length, SAVED_QUERY_NAME_CHARS),
    ...(title === '' ? ['expected a first line such as "-- Daily sales by shop"'] : []),
    ...tooLong('the comment', title.length + description.length, SAVED_QUERY_DESCRIPTION_CHARS),
    ...(/^(select|with)\b/i.test(sql) ? [] : ['expected SELECT or WITH after the comment']),
    ...(sql.includes(';') ? ['expected one statement without a semicolon'] : []),
    ...tooLong('the file', Buffer.byteLength(text), SAVED_QUERY_BYTES),
  ];
  if (faults.length === 0) return { name, source, title, description, sql };
  throw new DriplakeError(
    Failure.configuration,
    faults.map((fault) => `${file}: ${fault}`).join('\n'),
    '',
  );
}

const tooLong = (what: string, length: number, most: number): string[] =>
  length > most ? [`${what} is ${length} long, at most ${most} fit`] : [];
