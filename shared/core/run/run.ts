// What the ledger keeps of a stream: its lease, its run and where the next run starts. One item,
// moved forward only by conditional writes on its revision.

import type { Address } from '../page/address.ts';
import type { KeptCursor } from '../page/cursor.ts';
import type { Moves } from '../page/moves.ts';
import type { Asked } from '../page/watermark.ts';
import type { Doubt, ToldEnd } from '../page/way.ts';
import type { CastLosses } from '../table/cast-losses.ts';
import type { DriftReport } from '../table/stream-columns.ts';
import type { StreamLease } from './lease.ts';
import { type Loops, startOfWalk } from './loops.ts';
import type { ListedBefore, PartitionList, PartitionProgress } from './partitions.ts';

/** A stream's item. Times are epoch ms. */
export interface StreamState extends StreamLease {
  readonly source: string;
  readonly stream: string;
  /** Rises with each write; every write is conditional on it. */
  readonly revision: number;
  /** Rises with each claim: a holder with an older number has lost the stream. */
  readonly fence: number;
  /** Raw text of the watermark where the next run starts. */
  readonly watermark?: string;
  /** Set while finished runs have ended without anything that shows the end. */
  readonly unproven?: Unproven;
  /** What the last finished run read, or where a person says that it is since. */
  readonly address?: Address;
  /** Of a stream with partitions: the list that its last finished run walked. */
  readonly listed?: ListedBefore;
  /** When a run of it last finished; before that, when it was first claimed. */
  readonly freshAtMs: number;
  /** The last run that was published, and the lake that it is in. */
  readonly published?: PublishedRun;
  /** The latest run of this stream, finished or not. */
  readonly run?: StreamRun;
}

/** Where a stream starts again should its walk turn out to be declared wrongly. */
export interface Unproven {
  /** `walkOf` of all these runs. */
  readonly walk: string;
  /** The watermark before the first of them; absent: there was none. */
  readonly watermark?: string;
}

export interface PublishedRun {
  readonly runId: string;
  /** Id of the lake. */
  readonly id: string;
  /** The list was there, with rows. */
  readonly listed?: true;
}

export interface StreamRun extends Progress {
  readonly runId: string;
  /** UTC date of the run: its partition. */
  readonly date: string;
  readonly fullRefresh: boolean;
  readonly startedAtMs: number;
  readonly status: 'draining' | 'drained' | 'skipped' | 'finished' | 'failed';
  /** Where this run reads from: the watermark when it began. */
  readonly from?: string;
  /** What its cursors are places of (`walkOf`). */
  readonly walk: string;
  readonly move: Move;
  /** The partitions that it walks; absent before the first of them is listed. */
  readonly list?: PartitionList;
  /** The lake that its batches are in, and the claim under which a round last looked at it. */
  readonly lake?: { readonly id: string; readonly fence: number };
  readonly requests: number;
  readonly throttled: number;
  readonly waitedMs: number;
  /** Time spent draining, waits included, stops not: what the wait policy looks at. */
  readonly activeMs: number;
  /** Milliseconds of one request, smoothed; 0 when unknown. */
  readonly requestMs: number;
  /** Faults in a row without a good page, and since when. */
  readonly faults: number;
  readonly faultsSinceMs: number;
  /** Since when every request is throttled (`Troubles`); absent or 0: it is not. */
  readonly throttledSinceMs?: number;
  readonly movedAtMs: number;
  /** When the cursor was last moved by a page: how old the API thinks it is. */
  readonly cursorAtMs: number;
  readonly cause?: string;
  readonly restart?: Restart;
  /** A round is under way whose pages can't be asked for twice; gone once it is committed. */
  readonly underway?: true;
  /** It goes on from a cursor of an earlier claim, and no page has shown yet that it is alive. */
  readonly resumed?: true;
  readonly anew?: Anew;
  readonly finishedAtMs?: number;
  /** What a person should know of a finished run, a sentence each; `cause` has all of them. */
  readonly warnings?: readonly string[];
  /** What the finished run changed of the stream's columns. */
  readonly drift?: DriftReport;
}

/**
 * Whether a person says that the data is the same wherever it is read from now. `confirmed` until
 * a round knows where that is, then `confirmedFor` the address that it holds for, whatever came.
 */
export type Move =
  | { readonly kind: 'none' | 'confirmed' }
  | { readonly kind: 'confirmedFor'; readonly address: Address };

/**
 * Why a failed run may have to begin anew. `spoilt`: what landed is not what the API or the ledger
 * tells, so the next run starts again. `otherData`: the source means other data than this run has
 * begun to read, so a full refresh starts again and everything else waits for a person.
 */
export type Restart = 'spoilt' | 'otherData';

/** A run that took the place of another under the same claim, since the API had lost its cursor. */
export interface Anew {
  /** The id of that one, by which its machine knows this one too. */
  readonly instead: string;
  /** The claim under which it was begun: under each, once. */
  readonly fence: number;
  /** For people. */
  readonly why: string;
}

/** What a batch moves: kept in the head of the batch's object, and then in the ledger. */
export interface Progress {
  /** Where the next page starts; null is the first page. */
  readonly cursor: KeptCursor;
  /** The next batch's place in the run. */
  readonly sequence: number;
  readonly pages: number;
  readonly records: number;
  /** Uncompressed bytes of NDJSON. */
  readonly bytes: number;
  readonly loops: Loops;
  /** The `Cookie` header of the next page, of the cookies that the source keeps for a walk. */
  readonly cookies?: string;
  /** Where the API shows a credential of the source. */
  readonly credentialIn?: CredentialIn;
  /** The most rows of one page of this walk, in this run or before: a shorter one is short. */
  readonly longest?: number;
  /** A page so far had the list: an answer without it is suspect from then on. */
  readonly listed?: true;
  /** Highest watermark seen, raw text. */
  readonly highest?: string;
  /** Of an incremental stream: when its first page was asked for, by the clock of the API. */
  readonly apiStartMs?: number;
  /** What came of asking for what changed since `from`. */
  readonly asked?: Asked;
  /** What the pages so far were read from; absent before the first one. */
  readonly address?: Address;
  /** Records that the API says there are, on the last page that told it. */
  readonly expected?: number;
  /** The fewest that any page told: a list may grow while it is read. */
  readonly leastExpected?: number;
  /** What moved between the pages, as far as it was noticed. */
  readonly moved?: Moves;
  /** Some record is one that strict JSON readers refuse (`ColumnInspection.lenient`). */
  readonly lenient?: boolean;
  /** Some record has a key that is no column, since there is no room for more. */
  readonly crowded?: boolean;
  /** Of a stream with partitions: where the run is in them. The cursor is a place in one. */
  readonly partition?: PartitionProgress;
  /** Whether the last page was reached. */
  readonly ended: boolean;
  /** An end that the next page is to show; one that nothing showed. */
  readonly toldEnd?: ToldEnd;
  readonly doubt?: Doubt;
}

/** What of an answer is kept as it came, be there a credential in it. */
export type CredentialIn = 'records' | 'cursor';

/** The head of a batch: proof of what it holds and of what follows it. */
export interface CommitRecord {
  readonly runId: string;
  readonly sequence: number;
  /** The cursor that the batch's first page was fetched at. */
  readonly from: KeptCursor;
  /** Pages, records and bytes of this batch alone. */
  readonly pages: number;
  readonly records: number;
  readonly bytes: number;
  /** Values of this batch that declared casts lose; absent where they lose none. */
  readonly lost?: CastLosses;
  readonly next: Progress;
}

/** A run of a source. */
export interface RunState {
  readonly source: string;
  readonly runId: string;
  readonly status: 'running' | 'done' | 'failed';
  readonly startedAtMs: number;
  readonly fullRefresh: boolean;
  /** It was begun by a person who says that the data is the same at another address. */
  readonly sameData?: true;
  /** Streams asked for, in the source's order. */
  readonly streams: readonly string[];
  readonly holder: string;
  readonly finishedAtMs?: number;
}

/** The run that a stream begins now. */
export const newStreamRun = (
  begun: Pick<
    StreamRun,
    'runId' | 'startedAtMs' | 'fullRefresh' | 'from' | 'walk' | 'listed' | 'longest'
  >,
): StreamRun => ({
  ...begun,
  date: new Date(begun.startedAtMs).toISOString().slice(0, 10),
  status: 'draining',
  move: { kind: 'none' },
  requests: 0,
  throttled: 0,
  waitedMs: 0,
  activeMs: 0,
  requestMs: 0,
  faults: 0,
  faultsSinceMs: 0,
  movedAtMs: begun.startedAtMs,
  cursorAtMs: begun.startedAtMs,
  cursor: null,
  sequence: 0,
  pages: 0,
  records: 0,
  bytes: 0,
  loops: startOfWalk,
  ended: false,
});

/** Where the run reads from, as a person confirmed or as its last page tells. */
export const addressNow = ({ move, address }: StreamRun): Address | undefined =>
  move.kind === 'confirmedFor' ? move.address : address;

/** The stream's next item, with nobody holding it: the next claim need not wait for the lease. */
export const released = (state: StreamState): StreamState => ({
  ...state,
  revision: state.revision + 1,
  holder: '',
  leasedAtMs: 0,
  streamLeaseUntilMs: 0,
});
