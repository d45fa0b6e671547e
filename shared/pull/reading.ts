// What one answer gives: its records, and what follows them. A page that can't be understood is a
// fault with evidence, never the end.

import { crc32 } from 'node:zlib';
import { evidence } from '../core/answer/classify.ts';
import { MASK } from '../core/answer/redact.ts';
import { isGood, type Reading, type Response } from '../core/answer/verdicts.ts';
import { CREDENTIAL_CHARS } from '../core/bounds.ts';
import type { Cursor } from '../core/page/cursor.ts';
import { withoutParameter } from '../core/page/link.ts';
import { type PageFacts, pageFacts, recordsTold } from '../core/page/page-facts.ts';
import {
  nextAfterEmpty,
  nextPage,
  type PageOfWalk,
  pathsOfWalk,
  speaksOfWalk,
} from '../core/page/pagination.ts';
import { secretPairs } from '../core/page/request.ts';
import type { NextPage } from '../core/page/way.ts';
import { includedFields } from '../core/partition/included.ts';
import type { PartitionValues } from '../core/partition/values.ts';
import { ambiguousPath } from '../core/records/envelope.ts';
import { withHead } from '../core/records/head.ts';
import type { AddedPage } from '../core/run/progress.ts';
import type { Progress, StreamRun } from '../core/run/run.ts';
import type { Source, Stream } from '../core/source/source.ts';
import type { SourceContext } from './context.ts';
import { lookBack } from './seen-rows.ts';

export type PageOutcome =
  | ({ readonly kind: 'page' } & AddedPage)
  /** Worth another try, at `untilMs` if the API says when. */
  | { readonly kind: 'retry'; readonly reason: string; readonly untilMs?: number }
  | { readonly kind: 'throttled'; readonly reason: string; readonly untilMs?: number }
  /** `undeclared`: the status, where the source has no verdict for it. */
  | { readonly kind: 'refuse'; readonly reason: string; readonly undeclared?: number }
  /** The API does not know the cursor any more. */
  | { readonly kind: 'restart'; readonly reason: string }
  | { readonly kind: 'skip'; readonly reason: string }
  | { readonly kind: 'aborted' };

/** What of the pages before is needed to judge one. */
export type PagesBefore = Pick<
  Progress,
  | 'moved'
  | 'pages'
  | 'records'
  | 'listed'
  | 'longest'
  | 'expected'
  | 'leastExpected'
  | 'toldEnd'
  | 'cookies'
  | 'credentialIn'
>;

/** Which page is wanted. */
export interface WantedPage {
  readonly context: SourceContext;
  readonly stream: Stream;
  /** Of the partition that is walked, where the stream has some. */
  readonly values?: PartitionValues | undefined;
  /** Where the run stands before it. */
  readonly run: Pick<StreamRun, 'from' | 'startedAtMs' | keyof PagesBefore> & {
    readonly cursor: Cursor;
  };
}

/** The records of an answer that is kept, and what follows them. */
export function readPage(wanted: WantedPage, url: string, reading: Reading): PageOutcome {
  const { context, stream, run } = wanted;
  const { redact } = context.credentials;
  const { response } = reading;
  const sliced = reading.sliced();
  const shownHere = (): string => evidence(response, redact);
  if (sliced.kind === 'fault') {
    return damaged(`The page can't be read: ${sliced.reason} (${shownHere()})`);
  }
  const twice = ambiguousPath(sliced.envelope, pathsToRead(context.source, stream));
  if (twice !== undefined) {
    return damaged(`The page can't be read: a key of ${twice} comes twice (${shownHere()})`);
  }
  const facts = factsOf(sliced, url, response);
  if (!sliced.isThere && run.listed && !speaksOfWalk(stream, facts)) {
    return damaged(`${run.pages === 0 ? NO_LIST : NO_PAGE} (${shownHere()})`);
  }
  if (sliced.count > 0 && run.toldEnd?.content === nameOf(sliced.lines)) {
    return { ...NO_ROWS, listed: true, next: SAME_AGAIN };
  }
  const next = nextPage(onWalk(wanted, facts));
  if (next.kind === 'fault') {
    return damaged(redact(`What follows the page can't be told: ${next.reason}`));
  }
  const page = withoutKnownRows(wanted, sliced, next);
  if (page.kind !== 'page') return page;
  const told = recordsTold(stream, facts);
  return {
    ...page,
    ...(sliced.isThere ? { listed: true } : {}),
    ...leastOf(told?.count ?? (next.kind === 'end' ? next.told : undefined)),
    ...(told?.isExact ? { expected: told.count } : {}),
  };
}

const NO_LIST =
  'The last run had rows in the list; this answer has neither it nor the place of the next page, so ' +
  'that it may be anything. If the list is empty now, run with --full-refresh';

const leastOf = (count: number | undefined) =>
  count === undefined ? {} : { leastExpected: count };

/**
 * The answer to a request that was only to show the end. One that is refused, where nothing spoke
 * of more, shows it: there is no such page.
 */
export function refusedPage(
  { run }: WantedPage,
  { reason, undeclared }: { readonly reason: string; readonly undeclared?: number },
): PageOutcome | undefined {
  const isEnd = run.toldEnd?.isDisputed === false && NO_SUCH_PAGE.has(undeclared);
  return isEnd ? { ...NO_ROWS, next: { kind: 'end', reason } } : undefined;
}

const NO_SUCH_PAGE: ReadonlySet<number | undefined> = new Set([400, 404, 410, 416, 422]);

/** Either there is no other page, or the parameter that leads to it has another name. */
const SAME_AGAIN = {
  kind: 'end',
  reason: 'the same page again',
  doubt: {
    why:
      'Nothing shows that the list ends here: the page behind the last one holds the same rows ' +
      'again. The next run reads it again from the same place.',
    isFull: true,
  },
} as const;

const NO_PAGE =
  'Earlier pages had the list; this answer has neither it nor the place of the next page, so that ' +
  'it may be anything';

/** The declared end of a walk: with the rows that such an answer may still bring. */
export function lastOf(
  wanted: WantedPage,
  { reading, reason }: { readonly reading: Reading; readonly reason: string },
): PageOutcome {
  const end = { kind: 'end', reason } as const;
  const sliced = isGood(reading.response) ? reading.sliced() : undefined;
  const hasRows = sliced?.kind === 'records' && sliced.count > 0;
  return hasRows ? withoutKnownRows(wanted, sliced, end) : { ...NO_ROWS, next: end };
}

/** A page that is declared to be empty; one with rows is none. */
export function passEmpty(
  wanted: WantedPage,
  url: string,
  { reading, reason }: { readonly reading: Reading; readonly reason: string },
): PageOutcome {
  const sliced = isGood(reading.response) ? reading.sliced() : undefined;
  if (sliced?.kind === 'records' && sliced.count > 0) {
    return damaged(`The page is declared to be empty and holds ${sliced.count} rows: ${reason}`);
  }
  const nothing = { count: 0, envelope: reading.envelope() ?? '{}' };
  const next = nextAfterEmpty(onWalk(wanted, factsOf(nothing, url, reading.response)));
  if (next.kind === 'fault') {
    const { redact } = wanted.context.credentials;
    return damaged(redact(`What follows the page can't be told: ${next.reason}: ${reason}`));
  }
  if (next.kind === 'end') return { ...NO_ROWS, next };
  return {
    ...NO_ROWS,
    next: { ...next, cursor: withoutCredential(wanted.context, wanted.stream, next.cursor) },
  };
}

const NO_ROWS = { kind: 'page', lines: new Uint8Array(), rows: 0 } as const;

interface SlicedPage {
  readonly count: number;
  readonly envelope: string;
  readonly last?: Uint8Array;
}

const factsOf = (
  { count, envelope, last }: SlicedPage,
  url: string,
  response: Response,
): PageFacts =>
  pageFacts({
    rows: count,
    envelope,
    ...(last ? { last: Buffer.from(last).toString() } : {}),
    headers: response.headers,
    url: response.url ?? url,
  });

const onWalk = ({ context, stream, run }: WantedPage, page: PageFacts): PageOfWalk => ({
  stream,
  isWhole: run.from === undefined,
  rowsBefore: run.records + (run.moved?.repeats ?? 0),
  pagesBefore: run.pages,
  longest: run.longest,
  toldBefore: run.expected,
  leastBefore: run.leastExpected,
  toldEnd: run.toldEnd,
  cursor: run.cursor,
  page,
  origin: context.origin,
});

/** Paths in the envelope that mean something, for the walk or for a verdict. */
const pathsToRead = (source: Source, stream: Stream): readonly string[] => {
  const verdicts = [...(stream.verdicts ?? []), ...(source.verdicts ?? [])];
  return [...pathsOfWalk(stream), ...verdicts.flatMap(({ body }) => body ?? [])];
};

const damaged = (reason: string): PageOutcome => ({ kind: 'retry', reason });

/** The page without what was read before, its rows with what they include, and what follows it. */
function withoutKnownRows(
  { context, stream, run, values }: WantedPage,
  { lines: records, count }: { readonly lines: Uint8Array; readonly count: number },
  next: Exclude<NextPage, { kind: 'fault' }>,
): Extract<PageOutcome, { kind: 'page' | 'refuse' }> {
  const { source, settings } = context;
  const lines = withHead(records, includedFields(source, stream, settings, values));
  if (typeof lines === 'string') {
    return { kind: 'refuse', reason: `What ${stream.name} includes has no place: ${lines}` };
  }
  // As it came: the page behind it is known again by that, whatever its lines include.
  const content = count === 0 ? {} : { content: nameOf(records) };
  const sight = lookBack(stream, run, lines, count);
  if (sight.kind === 'passed') {
    const { cursor, moved } = sight;
    const back = { kind: 'next', cursor } as const;
    const nothing = { lines: new Uint8Array(), rows: 0, passed: true } as const;
    return { kind: 'page', ...nothing, ...content, moved, next: back };
  }
  const follow = (cursor: Cursor): Cursor =>
    sight.remember(withoutCredential(context, stream, cursor));
  return {
    kind: 'page',
    lines: sight.lines,
    rows: sight.rows,
    ...content,
    ...(sight.moved ? { moved: sight.moved } : {}),
    next: next.kind === 'next' ? { ...next, cursor: follow(next.cursor) } : next,
  };
}

/** A short name of the rows of a page, as the API sent them. */
const nameOf = (lines: Uint8Array): string => `${crc32(lines).toString(16)}-${lines.length}`;

/** Some APIs put the key into links. It is not kept with the cursor: sending adds it again. */
function withoutCredential(
  { source, credentials }: SourceContext,
  stream: Stream,
  cursor: Cursor,
): Cursor {
  if (!cursor || !('url' in cursor)) return cursor;
  const own = new Set([
    { query: undefined, ...source.credentials }.query,
    ...secretPairs(source, stream).map(([name]) => name),
  ]);
  const names = [...(URL.parse(cursor.url)?.searchParams ?? [])].flatMap(([name, value]) => {
    const isCredential = value.length >= CREDENTIAL_CHARS && credentials.redact(value) === MASK;
    return own.has(name) || isCredential ? [name] : [];
  });
  return { url: names.reduce(withoutParameter, credentials.unfilled(cursor.url)) };
}
