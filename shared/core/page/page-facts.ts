// What one page says of the next: counts, flags and values, read from the source text of the body
// and from the headers. A value of the wrong shape is a fault, an absent one is no word.

import type { Headers } from '../answer/exchange.ts';
import { fieldAt } from '../field-path.ts';
import { plainText, rawReader } from '../records/raw.ts';
import type { Stream } from '../source/source.ts';

/** What a page says of its successor. */
export interface PageFacts {
  /** Records on the page. */
  readonly rows: number;
  /** The document without the records, parsed. */
  readonly envelope: unknown;
  /** Source text of a scalar in the envelope. */
  envelopeText(path: string): string | undefined;
  /** Source text of a scalar in the last record; `undefined` when there is none. */
  lastField(path: string): string | undefined;
  readonly headers: Headers;
  /** Of this page; relative links are resolved against it. */
  readonly url: string;
}

export interface Fault {
  readonly kind: 'fault';
  readonly reason: string;
}

export const fault = (reason: string): Fault => ({ kind: 'fault', reason });

/** The facts of a page from its parts: `last` is the JSON of the last record, if there is one. */
export function pageFacts(parts: {
  readonly rows: number;
  readonly envelope: string;
  readonly last?: string | undefined;
  readonly headers: Headers;
  readonly url: string;
}): PageFacts {
  return {
    rows: parts.rows,
    envelope: JSON.parse(parts.envelope),
    envelopeText: rawReader(parts.envelope),
    lastField: parts.last === undefined ? () => undefined : rawReader(parts.last),
    headers: parts.headers,
    url: parts.url,
  };
}

export type FieldLocation = string | { readonly header: string };
export type Value = { readonly value: string; readonly number?: true };

/** The value at a place; `null` when it is absent, null, blank or false. */
export function valueAt(page: PageFacts, place: FieldLocation): Value | null | Fault {
  if (typeof place !== 'string') return sendable(JSON.stringify(headerAt(page, place)));
  const found = fieldAt(page.envelope, place);
  if (typeof found !== 'object' || found === null) return sendable(page.envelopeText(place));
  return fault(
    `expected a value at ${place}, got ${Array.isArray(found) ? 'a list' : 'an object'}`,
  );
}

/** A value to send back, from its JSON source; `null` when it says nothing. */
export function sendable(raw: string | undefined): Value | null {
  const value = plainText(raw);
  if (value === undefined || raw === 'false' || value.trim() === '') return null;
  return /^[-\d]/.test(raw ?? '') ? { value, number: true } : { value };
}

/** Whether a page has a word at a place at all, be it null or empty. */
export const isThere = (page: PageFacts, place: FieldLocation): boolean =>
  typeof place === 'string'
    ? fieldAt(page.envelope, place) !== undefined
    : Object.hasOwn(page.headers, place.header.toLowerCase());

/**
 * A number of records or pages; `undefined` when the API does not say, which is not zero. A range
 * (`0-24/3573`, RFC 9110 Content-Range) counts by what follows its slash; `*` and -1 are unknown,
 * and so is a count that is only the least: `10000+`, Elasticsearch's `{ value: 10000, relation:
 * 'gte' }`, also where the place is that of its `value`.
 */
export function countAt(page: PageFacts, place: FieldLocation): number | undefined | Fault {
  const told = totalAt(page, place);
  if (!told || 'kind' in told) return told;
  return told.isExact ? told.count : undefined;
}

interface Total {
  readonly count: number;
  /** Else it is the least. */
  readonly isExact: boolean;
}

function totalAt(page: PageFacts, place: FieldLocation): Total | undefined | Fault {
  const counted = typeof place === 'string' ? countOf(fieldAt(page.envelope, place)) : undefined;
  if (counted) return counted;
  const found = valueAt(page, place);
  if (!found) return undefined;
  if ('kind' in found) return found;
  const text = found.value.slice(found.value.lastIndexOf('/') + 1).trim();
  if (text === '*' || text === '-1') return undefined;
  const [, above, digits, plus] = /^([>~≥]=? ?)?(\d{1,15})( ?\+)?$/.exec(text) ?? [];
  if (digits === undefined) return fault(`expected a count at ${describeLocation(place)}`);
  const isPlain = above === undefined && plus === undefined;
  return { count: Number(digits), isExact: isPlain && !isLeast(page, place) };
}

/** Whether the relation beside a count, where there is one, says that it is only the least. */
function isLeast(page: PageFacts, place: FieldLocation): boolean {
  if (typeof place !== 'string') return false;
  const relation = fieldAt(page.envelope, place.replace(/(?<=\.)[^.\\]+$/, 'relation'));
  return typeof relation === 'string' && !/^eq/i.test(relation);
}

/** A count that is an object, and whether it says that it is exact. */
export function countOf(value: unknown): Total | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const [count] = [fieldAt(value, 'value'), fieldAt(value, 'count')].filter(Number.isSafeInteger);
  const isExact = fieldAt(value, 'relation') === 'eq';
  return typeof count === 'number' ? { count, isExact } : undefined;
}

/** The number of records that a stream's API tells, where the stream says that it does. */
export function recordsTold(
  { total, pagination }: Pick<Stream, 'total' | 'pagination'>,
  page: PageFacts,
): (Total & { readonly place: string }) | undefined {
  const own = total?.body ?? (total?.header === undefined ? undefined : { header: total.header });
  // One that does not end the walk counts rows that nobody can see.
  const { total: counted, end } = { total: undefined, end: undefined, ...pagination };
  const place = own ?? (end === undefined || end === 'total' ? counted : undefined);
  const told = place === undefined ? undefined : totalAt(page, place);
  if (place === undefined || !told || 'kind' in told) return undefined;
  return { ...told, place: describeLocation(place) };
}

export const COUNTS_OTHERWISE = 'If the API counts otherwise, say total.onMismatch "warn".';

/** What to say in the source where the number that the API tells is one of other rows. */
export function countsOtherwise(
  { total: own, pagination }: Pick<Stream, 'total' | 'pagination'>,
  isWhole: boolean,
): string {
  const { total } = { total: undefined, ...pagination };
  const counts = isWhole ? 'otherwise' : 'all rows, and not those that were asked for';
  if (own) return COUNTS_OTHERWISE.replace('otherwise', counts);
  if (total === undefined) return 'If that is no count of these rows, name it in "ignore".';
  const place = typeof total === 'string' ? { body: total } : total;
  const declared = JSON.stringify({ ...place, onMismatch: 'warn' });
  return `If the API counts ${counts}, say for the stream total: ${declared}.`;
}

/** `undefined` when the API does not say: then the other ends decide. */
export function flagAt(page: PageFacts, path: string): boolean | undefined | Fault {
  if (page.envelopeText(path) === 'false') return false;
  const found = valueAt(page, path);
  if (!found) return undefined;
  if ('kind' in found) return found;
  const text = found.value.trim().toLowerCase();
  if (text === 'true' || text === 'false') return text === 'true';
  return /^\d+$/.test(text) ? !/^0+$/.test(text) : fault(`expected true or false at ${path}`);
}

const headerAt = (page: PageFacts, place: { readonly header: string }): string =>
  page.headers[place.header.toLowerCase()] ?? '';

export const describeLocation = (place: FieldLocation): string =>
  typeof place === 'string' ? place : `header ${place.header}`;
