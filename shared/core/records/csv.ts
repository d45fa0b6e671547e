// Turns CSV with a header row (RFC 4180) into records: objects whose values are all strings, in the
// order of the header. Nothing is guessed: a row with more or fewer values than the header, a name
// that comes twice and a quote that never closes are faults of the whole page.
//
// `id,name\r\n7,"a ""b"""` is one record: `{"id":"7","name":"a \"b\""}`.

import { isUtf8 } from 'node:buffer';
import { MAX_RECORD_BYTES } from '../bounds.ts';
import {
  damagedText,
  type RecordsSpec,
  type Sliced,
  startOf,
  withoutEnvelope,
} from './records.ts';
import { BYTE } from './scan.ts';

const { LINE_FEED, CARRIAGE_RETURN, QUOTE } = BYTE;

/**
 * Of a page without a row under its header none, where columns are known that it must have; a body
 * without a header is a fault.
 */
export function recordsOfCsv(body: Uint8Array, spec: RecordsSpec): Sliced {
  const { columns = [] } = spec;
  if (!isUtf8(body)) return damagedText(body);
  const reader = rowsOf(body, startOf(body), (spec.delimiter ?? ',').charCodeAt(0));
  const header = reader.next();
  if (typeof header === 'string') return fault(header);
  if (header === undefined) return withoutEnvelope({ lines: NOTHING, count: 0, last: 0 }, spec);
  const names = header.map(({ start, end, quoted }) => textOf(body, start, end, quoted));
  const twice = names.find((name, index) => name === '' || names.indexOf(name) !== index);
  if (twice !== undefined) {
    return fault(
      `expected a header row with a name for each column, found "${twice}"${again(twice)}`,
    );
  }
  const missing = columns.find((name) => !names.includes(name));
  if (missing !== undefined || MARKUP.test(names[0] ?? '')) {
    const wanted = missing === undefined ? '' : ` with ${JSON.stringify(missing)}`;
    return fault(`expected a header row${wanted}, found ${JSON.stringify(names[0])}`);
  }
  const heads = names.map((name, index) =>
    bytesOf(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:"`),
  );
  const out = growing(body.length * 2);
  let [count, last] = [0, 0];
  for (;;) {
    const row = reader.next();
    if (typeof row === 'string') return fault(row);
    if (row === undefined) break;
    if (row.length !== names.length) {
      const found = `${row.length} in row ${count + 2}`;
      return fault(
        `expected ${names.length} values in each row, as in the header, found ${found}`,
      );
    }
    last = out.length;
    for (const [index, value] of row.entries()) {
      out.add(heads[index] ?? NOTHING);
      out.addString(body, value);
    }
    out.add(END);
    if (out.length - last > MAX_RECORD_BYTES) return fault(`row ${count + 2} is too long`);
    count++;
  }
  // Every line of text looks like a header: its columns show that it is one.
  if (count === 0 && columns.length === 0) return fault(HEADER_ALONE);
  return withoutEnvelope({ lines: out.bytes(), count, last }, { ...spec, missing: 'none' });
}

const HEADER_ALONE =
  'expected rows, found one line that may be a header or any text: a primaryKey tells them apart';

/** How a page or a document begins that is served in place of the list. */
const MARKUP = /^\s*[<{[]/;

const again = (name: string): string => (name === '' ? '' : ' twice');

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const NOTHING = new Uint8Array();
const END = bytesOf('}\n');
const CLOSE = bytesOf('"');

const fault = (reason: string): Sliced => ({ kind: 'fault', reason });

/** A value's bytes in the body, without its quotes; `quoted`: two quotes in it mean one. */
interface Value {
  readonly start: number;
  readonly end: number;
  readonly quoted: boolean;
}

/** Row by row; a text says what is wrong. Blank lines are no rows. */
function rowsOf(body: Uint8Array, from: number, delimiter: number) {
  let at = from;
  const isBreak = (byte: number | undefined): boolean =>
    byte === LINE_FEED || byte === CARRIAGE_RETURN;
  /** Behind a quote: where the next one stands that is not one of two; -1 without one. */
  const closing = (start: number): number => {
    for (let here = body.indexOf(QUOTE, start); here >= 0; here = body.indexOf(QUOTE, here + 2)) {
      if (body[here + 1] !== QUOTE) return here;
    }
    return -1;
  };
  const value = (): Value | string => {
    if (body[at] !== QUOTE) {
      const start = at;
      while (at < body.length && body[at] !== delimiter && !isBreak(body[at])) at++;
      return { start, end: at, quoted: false };
    }
    const start = at + 1;
    const end = closing(start);
    if (end < 0)
      return `expected a closing quote for the one at byte ${at}, found the end of the body`;
    at = end + 1;
    if (at < body.length && body[at] !== delimiter && !isBreak(body[at])) {
      return `expected a delimiter or a line break behind the closing quote, found more at byte ${at}`;
    }
    return { start, end, quoted: true };
  };
  return {
    next(): readonly Value[] | string | undefined {
      while (isBreak(body[at])) at++;
      if (at >= body.length) return undefined;
      const row: Value[] = [];
      for (;;) {
        const read = value();
        if (typeof read === 'string') return read;
        row.push(read);
        if (body[at] !== delimiter) return row;
        at++;
      }
    },
  };
}

/** The text of a value: what the two quotes of a quoted one mean is one. */
function textOf(body: Uint8Array, start: number, end: number, quoted: boolean): string {
  const text = new TextDecoder().decode(body.subarray(start, end));
  return quoted ? text.replaceAll('""', '"') : text;
}

/** Bytes that grow as they are written. */
function growing(size: number) {
  let buffer = new Uint8Array(size);
  let length = 0;
  const room = (more: number): void => {
    if (length + more <= buffer.length) return;
    const larger = new Uint8Array(Math.max(buffer.length * 2, length + more));
    larger.set(buffer.subarray(0, length));
    buffer = larger;
  };
  const add = (bytes: Uint8Array): void => {
    room(bytes.length);
    buffer.set(bytes, length);
    length += bytes.length;
  };
  return {
    get length() {
      return length;
    },
    add,
    /** The rest of a JSON string, from behind its opening quote. */
    addString(body: Uint8Array, { start, end, quoted }: Value): void {
      room(end - start);
      for (let at = start; at < end; at++) {
        const byte = body[at] ?? 0;
        if (ESCAPED[byte] === 1) {
          const text = textOf(body, start, end, quoted);
          length -= at - start;
          add(bytesOf(JSON.stringify(text).slice(1)));
          return;
        }
        buffer[length++] = byte;
      }
      add(CLOSE);
    },
    bytes: (): Uint8Array => buffer.subarray(0, length),
  };
}

/** What JSON does not hold as itself in a string. */
const ESCAPED = new Uint8Array(256).fill(1, 0, 0x20);
ESCAPED[QUOTE] = 1;
ESCAPED[BYTE.BACKSLASH] = 1;
