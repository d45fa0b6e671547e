// Which verdict of a source an answer meets: by its status, a header, a text anywhere in it, or a
// value of its envelope. A path never leads into records, and a body is read only where a verdict
// asks for what stands in it.

import { MAX_ENVELOPE_BYTES, TEXT_PIECE_BYTES } from '../bounds.ts';
import { fieldAt, splitPath } from '../field-path.ts';
import { recordsIn } from '../records/formats.ts';
import type { Sliced } from '../records/records.ts';
import { recordsOf, type Verdict } from '../source/answer-spec.ts';
import type { Source, Stream } from '../source/source.ts';
import type { HttpAnswer } from './exchange.ts';

export type Response = Extract<HttpAnswer, { kind: 'response' }>;

/** An answer whose body is read when it is asked for, and once. */
export interface Reading {
  readonly response: Response;
  /** Its records. */
  sliced(): Sliced;
  /** Its JSON beside the records: all of it where it holds none; undefined: it is no JSON. */
  envelope(): string | undefined;
}

export function readingOf(response: Response, stream: Declared): Reading {
  const spec = { ...recordsOf(stream.records), columns: columnsOf(stream) };
  const sliced = once(() => recordsIn(response.body, spec));
  const envelope = once(() => {
    const found = isGood(response) ? sliced() : undefined;
    return found?.kind === 'records' ? found.envelope : wholeJson(response.body);
  });
  return { response, sliced, envelope };
}

type Declared = Pick<Stream, 'records' | 'primaryKey' | 'include'>;

/** Names of the primary key that records bring themselves. */
const columnsOf = ({ primaryKey = [], include = {} }: Declared): string[] =>
  primaryKey.flatMap((path) => splitPath(path).slice(0, 1)).filter((name) => !(name in include));

/** Whether an answer may hold records. */
export const isGood = ({ status }: Response): boolean => status >= 200 && status < 300;

/** The first verdict that an answer meets: those of the stream, then those of the source. */
export const declaredFor = (
  reading: Reading,
  source: Pick<Source, 'verdicts'>,
  stream: Pick<Stream, 'verdicts'>,
): Verdict | undefined =>
  [...(stream.verdicts ?? []), ...(source.verdicts ?? [])].find((verdict) =>
    matches(verdict, reading),
  );

function matches(verdict: Verdict, reading: Reading): boolean {
  const { text, body } = verdict;
  return (
    matchesStatus(verdict, reading.response) &&
    matchesHeader(verdict, reading.response) &&
    (text === undefined || holds(reading.response.body, text)) &&
    (body === undefined || matchesValue(body, verdict, reading.envelope()))
  );
}

const matchesStatus = ({ status: wanted }: Verdict, { status }: Response): boolean =>
  wanted === undefined ||
  (typeof wanted === 'number'
    ? wanted === status
    : wanted[0] === String(Math.floor(status / 100)));

function matchesHeader({ header }: Verdict, { headers }: Response): boolean {
  if (header === undefined) return true;
  const name = header.name.toLowerCase();
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  if (value === undefined) return false;
  const wanted = header.value ?? value;
  return value.trim().toLowerCase() === wanted.trim().toLowerCase();
}

/** Whether a text stands in a body, whatever its case: piece by piece, bodies may be large. */
function holds(body: Uint8Array, text: string): boolean {
  const wanted = text.toLowerCase();
  const decoder = new TextDecoder();
  let before = '';
  for (let at = 0; at < body.length; at += TEXT_PIECE_BYTES) {
    const bytes = body.subarray(at, at + TEXT_PIECE_BYTES);
    const piece = before + decoder.decode(bytes, { stream: true }).toLowerCase();
    if (piece.includes(wanted)) return true;
    before = piece.slice(Math.max(0, piece.length - wanted.length + 1));
  }
  return false;
}

function matchesValue(path: string, { equals }: Verdict, envelope: string | undefined): boolean {
  const value = envelope === undefined ? undefined : fieldAt(JSON.parse(envelope), path);
  if (equals === undefined) return isSet(value);
  const isScalar = value !== undefined && (typeof value !== 'object' || value === null);
  return isScalar && String(value) === String(equals);
}

/** Whether a value is there, and neither null, false nor empty. */
function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

function wholeJson(body: Uint8Array): string | undefined {
  if (body.length > MAX_ENVELOPE_BYTES) return undefined;
  const text = new TextDecoder().decode(body);
  try {
    JSON.parse(text);
    return text;
  } catch {
    return undefined;
  }
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
