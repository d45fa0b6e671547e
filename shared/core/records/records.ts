// Slices the records of a response body into NDJSON: each line is the bytes that the API sent.
// The whole body is validated as JSON, as strictly as JSON.parse does; besides, it must be UTF-8.
// Damaged, empty, cut-off or unexpected bodies are faults, never zero records.

import { Buffer, isUtf8 } from 'node:buffer';
import { MAX_ENVELOPE_BYTES } from '../bounds.ts';
import { splitPath } from '../field-path.ts';
import { envelopeText, type Found, followPath, type Span, stepsOf } from './envelope.ts';
import { breaksIn, eachRecord, lineOfValue, type PageText } from './lines.ts';
import { EXPECTED, explain, fail } from './mismatch.ts';
import { BYTE, jsonText, PADDING, skipSpace } from './scan.ts';

export { eachRecord } from './lines.ts';

export interface RecordsSpec {
  /**
   * Dotted keys to the records: `data.items`; a dot in a key is written `\.`, a backslash `\\`.
   * The empty path is the document itself. `auto`: a bare list, else the first of `data`,
   * `results`, `items`, `records` that is a list; a document without any is a fault. A path leads
   * through objects only; a key `auto` alone is written `\auto`.
   */
  path: string;
  /** An object where a list was expected is one record (R-Series); without it, a fault. */
  single?: 'record' | undefined;
  /**
   * Zero rows are, with `null`: null in place of the list; with `none`: that, a missing key, or the
   * empty string of R-Series. Without it, all of them are faults.
   */
  missing?: 'none' | 'null' | undefined;
  /** How the body is written. Default JSON; `lines` and `csv` have the empty path. */
  format?: 'json' | 'lines' | 'csv' | undefined;
  /** Of CSV: the character between values. Default a comma. */
  delimiter?: string | undefined;
  /** Of CSV: names that the header must have. */
  columns?: readonly string[] | undefined;
  /** Behind a `*` that leads through an object: the field that gets the key of each value. */
  key?: string | undefined;
}

/** NDJSON, its lines, and where the last of them begins. */
interface Slice {
  lines: Uint8Array;
  count: number;
  last: number;
}

type SlicedRecords = Extract<Sliced, { kind: 'records' }>;

export type Sliced =
  | {
      kind: 'records';
      /** NDJSON: the bytes of each record and a line feed. Visit them with `eachRecord`. */
      lines: Uint8Array;
      count: number;
      /** False where the key of the list was missing, which `missing` takes for zero rows. */
      isThere: boolean;
      /** The document's own text, with `[]` in place of the records. */
      envelope: string;
      /** Views into `lines`, without the line feed; absent when there are no records. */
      first?: Uint8Array;
      last?: Uint8Array;
    }
  /** `reason` is one line: what was expected, what was found, and at which byte. */
  | { kind: 'fault'; reason: string };

/**
 * The records of one response body (bytes, decompressed). `body` is not changed, and `lines` does
 * not share its memory. Takes one copy of the body, and a second one for a single record.
 */
export function sliceRecords(body: Uint8Array, spec: RecordsSpec): Sliced {
  const bytes = paddedCopy(body);
  const page = { ...jsonText(bytes), body, nextBreak: breaksIn(body) };
  const start = skipSpace(bytes, startOf(body));
  const auto = spec.path === 'auto' && bytes[start] !== BYTE.OPEN_LIST;
  const path = spec.path === 'auto' ? [] : splitPath(spec.path);
  const keys = auto ? [AUTO_KEYS] : path.map((key) => [key]);
  const walked = followPath(page, start, stepsOf(keys), 'fault');
  if (typeof walked === 'number') return fault(explain(body, walked));
  const rest = skipSpace(bytes, walked.end);
  if (rest !== body.length) return fault(explain(body, fail(rest, EXPECTED.end)));
  if (!isUtf8(body)) return damagedText(body);
  if (!auto) return settle(page, walked.found[0] ?? walked.whole, path, spec);
  const list = walked.found.findIndex((found) => found.kind === 'list');
  const slot = list < 0 ? walked.found.findIndex((found) => found.level === 1) : list;
  const [found, key] = [walked.found[slot], AUTO_KEYS[slot]];
  if (found && key !== undefined) return settle(page, found, [key], spec);
  if (body[start] !== BYTE.OPEN_OBJECT) return settle(page, walked.whole, path, spec);
  return fault(`expected a list at ${AUTO_KEYS.join(', ')}, found none of them`);
}

/** Not zero-filled where it is overwritten at once: that alone would take as long as the scan. */
export function paddedCopy(body: Uint8Array): Uint8Array {
  const room = Buffer.allocUnsafeSlow(body.length + PADDING);
  room.set(body);
  room.fill(0, body.length);
  return new Uint8Array(room.buffer);
}

/** In the order in which they are preferred, wherever they stand in the document. */
const AUTO_KEYS = ['data', 'results', 'items', 'records'] as const;

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;

/** Behind the byte order mark, where there is one. */
export function startOf(body: Uint8Array): number {
  const isMarked = BYTE_ORDER_MARK.every((byte, index) => body[index] === byte);
  return isMarked ? BYTE_ORDER_MARK.length : 0;
}

/** What the path led to is records, no records, or a fault. */
function settle(page: PageText, found: Found, path: string[], spec: RecordsSpec): Sliced {
  const { body, bytes } = page;
  if (found.kind === 'list') {
    const { from, to, last, count } = found.lines;
    const lines = bytes.subarray(from, to);
    return records(body, found, { lines, count, last: last - from });
  }
  const isWhole = found.level === path.length;
  const what = found.kind === 'absent' ? 'an object without it' : kindAt(body, found);
  if (found.kind === 'value' && what === 'an object' && spec.single === 'record') {
    const lines = lineOfValue(body, found.start, found.end);
    return records(body, found, { lines, count: 1, last: 0 });
  }
  if (NOTHING[spec.missing ?? 'fault'](what, isWhole)) {
    const none = { lines: new Uint8Array(0), count: 0, last: 0 };
    return records(body, undefined, none, isWhole && found.kind === 'value');
  }
  const key = path[found.level];
  const followed = path.slice(0, found.level).join('.');
  const at = found.level === 0 ? '' : ` at ${JSON.stringify(followed)}`;
  const expected = key === undefined ? 'a list' : `an object with the key ${JSON.stringify(key)}`;
  return fault(`expected ${expected}${at}, found ${what} at byte ${found.start}`);
}

function records(body: Uint8Array, span: Span | undefined, sliced: Slice, isThere = true): Sliced {
  const rest = span === undefined ? body.length : body.length - (span.end - span.start);
  if (rest > MAX_ENVELOPE_BYTES) {
    return fault(`expected at most ${MAX_ENVELOPE_BYTES} bytes beside the records, found ${rest}`);
  }
  return withEnds(sliced, { isThere, envelope: envelopeText(body, span) });
}

/** Lines with what stands beside them. @param last where the last line begins */
export function withEnds(
  { lines, count, last: from }: Slice,
  beside: Pick<SlicedRecords, 'isThere' | 'envelope'>,
): Sliced {
  const first = eachRecord(lines).next().value;
  if (first === undefined) return { kind: 'records', lines, count, ...beside };
  const last = lines.subarray(from, lines.length - 1);
  return { kind: 'records', lines, count, ...beside, first, last };
}

/** Records of a body with nothing beside them; whether an empty one is, `missing` says. */
export function withoutEnvelope(slice: Slice, { missing }: RecordsSpec): Sliced {
  if (slice.count === 0 && missing !== 'none')
    return fault('expected records, found an empty body');
  return withEnds(slice, { isThere: true, envelope: '{}' });
}

const ABSENT: ReadonlySet<string> = new Set(['an object without it', 'null', 'an empty string']);

/** What counts as zero rows, by `missing`; `isWhole`: all keys of the path were there. */
const NOTHING: Readonly<
  Record<
    NonNullable<RecordsSpec['missing']> | 'fault',
    (what: string, isWhole: boolean) => boolean
  >
> = {
  fault: () => false,
  null: (what, isWhole) => isWhole && what === 'null',
  none: (what) => ABSENT.has(what),
};

function kindAt(body: Uint8Array, { start, end }: Span): string {
  switch (body[start]) {
    case BYTE.OPEN_OBJECT:
      return 'an object';
    case BYTE.OPEN_LIST:
      return 'a list';
    case BYTE.QUOTE:
      return end - start === 2 ? 'an empty string' : 'a string';
    default:
      return String.fromCharCode(...body.subarray(start, Math.min(end, start + 20)));
  }
}

export const damagedText = (body: Uint8Array): Sliced =>
  fault(`expected UTF-8, found a damaged character at ${damage(body)}`);

/** The first damaged character: near by bisection between characters, then one by one. */
function damage(body: Uint8Array): string {
  let good = 0;
  let bad = body.length;
  for (;;) {
    let cut = (good + bad) >> 1;
    while (cut > good && ((body[cut] ?? 0) & 0xc0) === 0x80) cut--;
    if (cut === good) break;
    if (isUtf8(body.subarray(good, cut))) good = cut;
    else bad = cut;
  }
  for (;;) {
    const size = [1, 2, 3, 4].find((length) => isUtf8(body.subarray(good, good + length)));
    if (size === undefined) return `byte ${good}`;
    good += size;
  }
}

function fault(reason: string): Sliced {
  return { kind: 'fault', reason };
}
