// The rows of an R-Series account: which exist, which a query selects, in which order, and where
// a cursor stands among them. A filter or sort that the vendor cannot read is a fault with a
// text, never ignored.

import { randomFrom, type SeriesRow, seedOf, seriesRow, seriesText, stamp } from './data.ts';
import type { RSeriesQuirks } from './lightspeed-r-quirks.ts';

export interface Resource {
  /** Name in the path, such as `Inventory/Transfer`. */
  readonly path: string;
  /** Name in the envelope, such as `Transfer`. */
  readonly envelope: string;
  /** The identifying field, such as `transferID`. */
  readonly key: string;
  readonly text: (row: SeriesRow) => string;
  rows: SeriesRow[];
  /** Selections already made, by query: a long walk asks the same one on every page. */
  readonly selected: Map<string, Selection>;
}

export interface Selection {
  readonly rows: readonly SeriesRow[];
  readonly value: (row: SeriesRow) => number;
  readonly descending: boolean;
}

export class QueryFault extends Error {}

const envelopes: Readonly<Record<string, string>> = {
  Shipment: 'OrderShipment',
  'Inventory/Transfer': 'Transfer',
  'Customer/CustomField': 'CustomField',
};
const unsortable = new Set([
  'Shop',
  'Register',
  'PaymentType',
  'PriceLevel',
  'Tag',
  'ItemAttributeSet',
  'InventoryLog',
]);
const controls = new Set([
  'limit',
  'offset',
  'sort',
  'count',
  'load_relations',
  'after',
  'before',
]);
export const firstEpochSeconds = Date.UTC(2021, 9, 5, 14, 18, 46) / 1000;

export function makeResource(
  path: string,
  count: number,
  seed: number,
  quirks: RSeriesQuirks,
): Resource {
  const last = path.slice(path.lastIndexOf('/') + 1);
  const key = `${last.charAt(0).toLowerCase()}${last.slice(1)}ID`;
  const textOptions = { key, seed: seedOf(seed, path), stringScalars: quirks.stringScalars };
  return {
    path,
    envelope: quirks.envelopeNames ? (envelopes[path] ?? last) : last,
    key,
    text: (row) => seriesText(row, textOptions),
    rows: Array.from({ length: count }, (_, index) => seriesRow(index, firstEpochSeconds)),
    selected: new Map(),
  };
}

/** Another client changed a row: a Sale moves its `updatetime`, everything else its `timeStamp`. */
export function touchRow(resource: Resource, id: string, nowMs: number): void {
  const moved = Math.floor(nowMs / 1000);
  const change = resource.path === 'Sale' ? { updatetime: moved } : { timeStamp: moved };
  const index = Number(id) - 1;
  resource.rows = resource.rows.map((row) => (row.index === index ? { ...row, ...change } : row));
  resource.selected.clear();
}

export function appendRows(resource: Resource, count: number, nowMs: number): void {
  const start = (resource.rows.at(-1)?.index ?? -1) + 1;
  const seconds = Math.floor(nowMs / 1000);
  for (let index = start; index < start + count; index += 1) {
    resource.rows.push({ index, archived: false, timeStamp: seconds, updatetime: seconds });
  }
  resource.selected.clear();
}

/** Gone without a tombstone. */
export function removeRow(resource: Resource, id: string): void {
  resource.rows = resource.rows.filter((row) => row.index !== Number(id) - 1);
  resource.selected.clear();
}

/** The rows a query means, in order. Throws QueryFault with the text of the 400. */
export function select(resource: Resource, rawQuery: string, quirks: RSeriesQuirks): Selection {
  const cached = resource.selected.get(rawQuery);
  if (cached !== undefined) return cached;
  const query = new URLSearchParams(rawQuery);
  const sort = query.get('sort') ?? resource.key;
  const field = sort.replace(/^-/u, '');
  const value = fieldOf(resource, field);
  if (value === undefined || (field === 'timeStamp' && unsortable.has(resource.path))) {
    throw new QueryFault(`${resource.path} cannot be sorted by ${field}.`);
  }
  const tests = rawQuery
    .split('&')
    .filter((part) => part !== '')
    .flatMap((part) => filterOf(resource, part, quirks));
  const wanted = query.get('archived') ?? (quirks.archivedDefault ? 'false' : 'true');
  if (!['true', 'false', 'only'].includes(wanted)) {
    throw new QueryFault(`archived: true, false or only, not ${wanted}.`);
  }
  if (wanted !== 'true') tests.push((row) => row.archived === (wanted === 'only'));
  const descending = sort.startsWith('-');
  const sign = descending ? -1 : 1;
  const rows = resource.rows
    .filter((row) => tests.every((test) => test(row)))
    .sort((one, two) => sign * (value(one) - value(two) || one.index - two.index));
  const selection = { rows, value, descending };
  resource.selected.set(rawQuery, selection);
  return selection;
}

/**
 * How many rows stand before the given place (value and id), counting that place itself if
 * `inclusive`.
 */
export function rankOf(
  selection: Selection,
  value: number,
  index: number,
  inclusive: boolean,
): number {
  const sign = selection.descending ? -1 : 1;
  const before = (row: SeriesRow) => {
    const order = sign * (selection.value(row) - value || row.index - index);
    return inclusive ? order <= 0 : order < 0;
  };
  let low = 0;
  let high = selection.rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const row = selection.rows[middle];
    if (row !== undefined && before(row)) low = middle + 1;
    else high = middle;
  }
  return low;
}

type Test = (row: SeriesRow) => boolean;

function fieldOf(resource: Resource, field: string): ((row: SeriesRow) => number) | undefined {
  if (field === resource.key) return (row) => row.index + 1;
  if (field === 'timeStamp') return (row) => row.timeStamp;
  if (field === 'updatetime' && resource.path === 'Sale') return (row) => row.updatetime;
  return undefined;
}

/**
 * `timeStamp=%3E%3D%2C2021-10-05T14%3A18%3A46%2B00%3A00`: operator, comma and plus must be
 * encoded.
 */
function filterOf(resource: Resource, part: string, quirks: RSeriesQuirks): Test[] {
  const equals = part.indexOf('=');
  const field = decodeURIComponent(equals < 0 ? part : part.slice(0, equals));
  const raw = equals < 0 ? '' : part.slice(equals + 1);
  if (controls.has(field) || field === 'archived') return [];
  const value = fieldOf(resource, field);
  if (value === undefined) throw new QueryFault(`${resource.path} has no attribute ${field}.`);
  if (quirks.encodedFilters && /[<>=,+]/u.test(raw)) {
    throw new QueryFault(`The filter on ${field} is not encoded.`);
  }
  const words = decodeURIComponent(raw.replaceAll('+', ' ')).split(',');
  const operator = words.length === 1 ? '=' : (words[0] ?? '');
  const bounds = (words.length === 1 ? words : words.slice(1)).map((word) =>
    boundOf(field, word, field === resource.key),
  );
  const [low, high] = bounds;
  if (low === undefined || bounds.length !== (operator === '><' ? 2 : 1)) {
    throw new QueryFault(`The filter on ${field} cannot be read.`);
  }
  return [testOf(operator, value, low, high ?? low)];
}

function testOf(
  operator: string,
  value: (row: SeriesRow) => number,
  low: number,
  high: number,
): Test {
  switch (operator) {
    case '=':
      return (row) => value(row) === low;
    case '!=':
      return (row) => value(row) !== low;
    case '>':
      return (row) => value(row) > low;
    case '>=':
      return (row) => value(row) >= low;
    case '<':
      return (row) => value(row) < low;
    case '<=':
      return (row) => value(row) <= low;
    case '><':
      return (row) => value(row) >= low && value(row) <= high;
    default:
      throw new QueryFault(`Unknown operator ${operator}.`);
  }
}

function boundOf(field: string, word: string, isKey: boolean): number {
  if (isKey && /^\d+$/u.test(word)) return Number(word);
  const dated = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:?\d\d)$/u.test(word);
  const epochMs = dated ? Date.parse(word) : Number.NaN;
  if (isKey || Number.isNaN(epochMs)) throw new QueryFault(`${word} is not a value of ${field}.`);
  return epochMs / 1000;
}

/** Relations that hold many records; every other name holds one. Empty ones are `""`. */
const toMany = /s$/u;

/** Cost of `load_relations` on one record: 0.1 to-one, 0.2 to-many. */
export function relationCost(names: readonly string[]): number {
  return names.reduce((sum, name) => sum + (toMany.test(name) ? 0.2 : 0.1), 0);
}

export function withRelations(text: string, row: SeriesRow, names: readonly string[]): string {
  const random = randomFrom(row.index + 11);
  const members = names.map((name) => {
    if (random.below(3) === 0) return `${JSON.stringify(name)}:""`;
    const one = `{"note":"${random.word(5)}","timeStamp":"${stamp(row.timeStamp)}"}`;
    const inner = toMany.test(name) ? `{${JSON.stringify(name.slice(0, -1))}:[${one}]}` : one;
    return `${JSON.stringify(name)}:${inner}`;
  });
  return members.length === 0 ? text : `${text.slice(0, -1)},${members.join(',')}}`;
}
