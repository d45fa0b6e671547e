// Where a round begins: at the kept cursor, when the source still means the data that was read
// before, by its address or because a person confirms it, and the lake is the one that its rows
// so far are in. It asks the API for nothing, and never goes on from a cursor that may mean other
// data.
//
// A run was read from `api.example.com/account/17`. The setting `account` becomes 18: the run stops
// as `otherData` and names both. With --same-data its `move` is `confirmed`; the first round writes
// `confirmedFor api.example.com/account/18` and asks for nothing, the next one goes on there. With
// account 19 by then, that one stops: nobody confirmed 19.
// Why: docs/decisions/014-a-stream-knows-its-address.md

import { STREAM_LEASE_MS } from '../core/bounds.ts';
import {
  type Address,
  addressOf,
  describeMisread,
  describeMove,
  movedLink,
  movedTo,
} from '../core/page/address.ts';
import type { Cursor } from '../core/page/cursor.ts';
import { isReadOnce } from '../core/page/pagination.ts';
import { addressUrl } from '../core/page/request.ts';
import { keepsWalk } from '../core/page/walk.ts';
import { begunAnew } from '../core/run/anew.ts';
import { addressNow, type Restart, type StreamRun, type StreamState } from '../core/run/run.ts';
import type { Stream } from '../core/source/source.ts';
import { fingerprint } from '../ports/secrets/secrets.ts';
import type { SourceContext } from './context.ts';
import { type CheckedLake, checkLake } from './lake-id.ts';
import { recallCursor } from './long-cursor.ts';
import type { PullPorts } from './ports.ts';

export type Beginning =
  | ({ readonly kind: 'start' } & Start)
  | { readonly kind: 'stop'; readonly stop: Stop }
  /** The ledger or the settings say something else by now: the next round reads them. */
  | { readonly kind: 'again' };

/** Where a round begins. */
export interface Start {
  /** The cursor of the run, read from the lake if it is kept there. */
  readonly cursor: Cursor;
  readonly address: Address;
  readonly lake: CheckedLake;
}

/** Why a run can't go on: the next one begins anew, or a person decides. */
export interface Stop {
  readonly cause: string;
  readonly restart: Restart;
}

/** A stream whose round begins. */
export interface Opening {
  readonly ports: PullPorts;
  readonly context: SourceContext;
  readonly stream: Stream;
  /** As it stands in the ledger, and its run. */
  readonly state: StreamState;
  readonly run: StreamRun;
}

/** Where the round begins, or why that place means nothing any more. */
export async function startOf(opening: Opening): Promise<Beginning> {
  const { ports, context, stream, state, run } = opening;
  if (run.move.kind === 'confirmed') return applyConfirmation(opening);
  const { source, settings } = context;
  const address = addressOf(source, stream, settings, fingerprint);
  const base = baseOf(state, run);
  if (describeMove(base.address, address, base.hasWatermark) !== undefined) {
    return askAgain(opening, base);
  }
  if (!keepsWalk(run.walk, source, stream)) return anew(otherPages(stream));
  if (run.underway && run.cursor !== null) return anew(lostPlace(stream));
  const place = { source: source.name, stream: stream.name, runId: run.runId };
  const recalled = await recallCursor(ports.lake, place, run.cursor);
  if ('lost' in recalled) return anew(recalled.lost);
  const list = addressUrl(source, stream.path, settings);
  const cursor = cursorAt(recalled.cursor, run.address, address, list);
  if (cursor === undefined) return anew(lostLink(stream));
  const lake = await checkLake(ports, state, run);
  if ('cause' in lake) return { kind: 'stop', stop: { cause: lake.cause, restart: 'otherData' } };
  return { kind: 'start', cursor, address, lake };
}

/** Before a person is asked: what this process knows may be what was changed since. */
async function askAgain({ context, stream }: Opening, base: Base): Promise<Beginning> {
  const { source, credentials, outdate } = context;
  outdate();
  const now = addressOf(source, stream, await credentials.settings(), fingerprint);
  const moved = describeMove(base.address, now, base.hasWatermark);
  if (moved === undefined) return { kind: 'again' };
  const misread = describeMisread(base.address, now, base.hasWatermark);
  return otherData(context, moved, misread === undefined);
}

/**
 * A person says that the data is the same. It is written down for which address before anything
 * is asked of that, so that it holds for no other one.
 */
async function applyConfirmation(opening: Opening): Promise<Beginning> {
  const { ports, context, stream, state, run } = opening;
  const { source, credentials, outdate } = context;
  // They mean the settings of now, which this process may have read before they were changed.
  const now = addressOf(source, stream, await credentials.settings(), fingerprint);
  outdate();
  const { address, hasWatermark } = baseOf(state, run);
  const misread = describeMisread(address, now, hasWatermark);
  if (misread !== undefined) return otherData(context, misread, false);
  await ports.ledger.moveStream({
    ...state,
    revision: state.revision + 1,
    // Of the watermark; a full refresh has nothing to do with that.
    ...(state.address && !run.fullRefresh ? { address: movedTo(state.address, now) } : {}),
    run: { ...run, move: { kind: 'confirmedFor', address: movedTo(address, now) } },
  });
  return { kind: 'again' };
}

/** What the stream was read from so far, and whether there is a watermark that belongs to it. */
interface Base {
  readonly address: Address | undefined;
  readonly hasWatermark: boolean;
}

/** A run goes on with what it read, or what the last finished one did, unless it begins anew. */
function baseOf(state: StreamState, run: StreamRun): Base {
  const own = addressNow(run);
  if (own) return { address: own, hasWatermark: (run.highest ?? run.from) !== undefined };
  if (run.fullRefresh) return { address: undefined, hasWatermark: false };
  return { address: state.address, hasWatermark: state.watermark !== undefined };
}

/**
 * Says that pages are asked for which nobody can ask for again, before the first of them is.
 * @returns undefined when another round has moved the stream
 */
export async function markUnderway(opening: Opening): Promise<Opening | undefined> {
  const { ports, stream, state, run: before } = opening;
  if (!isReadOnce(stream.pagination)) return opening;
  const run: StreamRun = { ...before, underway: true };
  const marked = { ...state, revision: state.revision + 1, run };
  return (await ports.ledger.moveStream(marked)) ? { ...opening, state: marked, run } : undefined;
}

/**
 * The walk from its start, as a run of its own: one write, and until it is made the dead cursor
 * stands. What was landed of the run before it stays unpublished.
 * @param spent the run with what was spent on it
 */
export async function beginAnew(
  { ports, context, state }: Opening,
  spent: StreamRun,
  cause: string,
): Promise<void> {
  const nowMs = ports.clock.nowMs();
  const why = context.credentials.redact(cause);
  await ports.ledger.moveStream({
    ...state,
    revision: state.revision + 1,
    leasedAtMs: nowMs,
    streamLeaseUntilMs: nowMs + STREAM_LEASE_MS,
    run: begunAnew(spent, { fence: state.fence, why, nowMs }),
  });
}

/** A link holds where it was given; all other cursors hold wherever the list is. */
function cursorAt(
  cursor: Cursor,
  before: Address | undefined,
  now: Address,
  list: URL,
): Cursor | undefined {
  if (!cursor || !('url' in cursor) || !before || before.url === now.url) return cursor;
  const url = movedLink(cursor.url, before, list);
  return url === undefined ? undefined : { url };
}

/** @param mayBeSame whether a person could confirm that the data is the same */
function otherData({ credentials }: SourceContext, moved: string, mayBeSame: boolean): Beginning {
  const ways = [
    'Undo the change to go on',
    ...(mayBeSame ? ['run with --same-data, when only the address changed and not the data'] : []),
    'give another account a source of another name',
    'or run with --full-refresh, which begins anew and replaces what the tables show',
  ].join('; ');
  const cause = `This is other data than what was read before: ${moved}. Nothing was read there. ${ways}.`;
  return { kind: 'stop', stop: { cause: credentials.redact(cause), restart: 'otherData' } };
}

const anew = (cause: string): Beginning => ({ kind: 'stop', stop: { cause, restart: 'spoilt' } });

const lostPlace = ({ name }: Stream): string =>
  `A round of ${name} ended before its pages landed, and its cursor has moved on the server since. The next run reads this stream again from its start.`;

const otherPages = ({ name }: Stream): string =>
  `The source was changed and asks for other pages of ${name} than this run began with. The next run reads this stream again from its start.`;

const lostLink = ({ name }: Stream): string =>
  `The place in ${name} is a link of its former address, which leads nowhere known at the present one. The next run reads this stream again from its start.`;
