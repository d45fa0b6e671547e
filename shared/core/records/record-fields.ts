// The source text of one field in each record of a page, without parsing the records: an
// incremental stream looks at every record, and parsing all of a page to read one date would take
// ten times as long as slicing it.

import { splitPath } from '../field-path.ts';
import { followPath, stepsOf } from './envelope.ts';
import { breaksIn, eachRecord } from './lines.ts';
import { rawReader } from './raw.ts';
import { BYTE, jsonText, PADDING, skipSpace } from './scan.ts';

/**
 * For each record its scalar at `path`, as `rawReader` gives it: `17`, `"abc"` (with quotes),
 * `null`; `undefined` where the path leads to a list, an object or nowhere.
 * @param lines NDJSON whose records are valid JSON, as `sliceRecords` makes it
 */
export function* fieldOfEach(
  lines: Uint8Array,
  path: string,
): Generator<string | undefined, void, undefined> {
  const keys = splitPath(path);
  // A number may lead into a list, where only a parsed record can be followed.
  if (keys.some((key) => /^\d+$/.test(key))) {
    for (const record of eachRecord(lines)) yield rawReader(textOf(record))(path);
    return;
  }
  const bytes = new Uint8Array(lines.length + PADDING);
  bytes.set(lines);
  const page = { ...jsonText(bytes), body: lines, nextBreak: breaksIn(lines) };
  const steps = stepsOf(keys.map((key) => [key]));
  for (let at = 0; at < lines.length; ) {
    const walked = followPath(page, at, steps, 'last');
    if (typeof walked === 'number') throw new Error(`no JSON at byte ${at} of a sliced page`);
    const [found] = walked.found;
    const isThere = found?.kind === 'value' && found.level === keys.length;
    const isScalar = isThere && !OPENING.has(lines[found.start]);
    yield isScalar ? textOf(lines.subarray(found.start, found.end)) : undefined;
    at = skipSpace(bytes, walked.end);
  }
}

const OPENING: ReadonlySet<number | undefined> = new Set([BYTE.OPEN_LIST, BYTE.OPEN_OBJECT]);

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
