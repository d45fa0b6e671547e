// A stream as the ledger keeps it: its lease, its latest run and where the next one starts.

import * as z from 'zod/mini';
import type { Address } from '../../core/page/address.ts';
import type {
  KeptCursor,
  NumberCursor,
  OffsetCursor,
  StoredCursor,
} from '../../core/page/cursor.ts';
import type { CycleState } from '../../core/page/cycle.ts';
import type { Moves } from '../../core/page/moves.ts';
import type { Asked } from '../../core/page/watermark.ts';
import type { ToldEnd } from '../../core/page/way.ts';
import type { Loops } from '../../core/run/loops.ts';
import type {
  ListedBefore,
  ListPlace,
  PartitionList,
  PartitionProgress,
} from '../../core/run/partitions.ts';
import type { Move, Progress, PublishedRun, StreamRun, StreamState } from '../../core/run/run.ts';
import { COLUMN_TYPES } from '../../core/table/column-types.ts';
import type { DriftReport } from '../../core/table/stream-columns.ts';
import { everyKind, type Fields, type ItemKey, type ItemKind } from './item.ts';

const text = z.string();
const texts = z.readonly(z.array(text));
const count = z.int().check(z.nonnegative());
const epochMs = z.number();
const spanMs = z.number();
const type = z.enum(COLUMN_TYPES);

const address = z.strictObject({
  url: text,
  settings: z.exactOptional(z.record(text, text)),
  field: z.exactOptional(text),
} satisfies Fields<Address>);

const cursor = everyKind<KeptCursor>()(
  z.union([
    z.null(),
    z.strictObject({ value: text, number: z.exactOptional(z.literal(true)) }),
    z.strictObject({ url: text }),
    z.strictObject({
      offset: count,
      overlap: z.exactOptional(count),
      size: z.exactOptional(count),
      back: z.exactOptional(z.strictObject({ rows: count, steps: count })),
      tail: z.exactOptional(texts),
    } satisfies Fields<OffsetCursor>),
    z.strictObject({
      page: z.int(),
      rows: count,
      tail: z.exactOptional(texts),
    } satisfies Fields<NumberCursor>),
    z.strictObject({ stored: text, bytes: count } satisfies Fields<StoredCursor>),
  ]),
);

const cycle = z.strictObject({
  power: count,
  steps: count,
  anchor: text,
} satisfies Fields<CycleState>);

const loops = z.strictObject({
  cursors: cycle,
  pages: cycle,
  repeats: count,
  empty: z.exactOptional(count),
} satisfies Fields<Loops>);

const moved = z.strictObject({
  repeats: count,
  skips: count,
  gaps: count,
  refetches: count,
} satisfies Fields<Moves>);

const told = { count, first: texts };

const partition = z.strictObject({
  index: count,
  piece: count,
  pages: count,
  records: count,
  moved: z.exactOptional(moved),
  gone: z.exactOptional(count),
  skipped: z.exactOptional(z.strictObject(told)),
  short: z.exactOptional(z.strictObject({ ...told, fails: z.boolean() })),
  doubted: z.exactOptional(z.strictObject({ ...told, isFull: z.boolean() })),
} satisfies Fields<PartitionProgress>);

const list = z.strictObject({
  partitions: count,
  rest: z.exactOptional(
    z.strictObject({ run: count, record: count, inner: count } satisfies Fields<ListPlace>),
  ),
} satisfies Fields<PartitionList>);

const progress = {
  cursor,
  sequence: count,
  pages: count,
  records: count,
  bytes: count,
  loops,
  cookies: z.exactOptional(text),
  credentialIn: z.exactOptional(z.enum(['records', 'cursor'])),
  longest: z.exactOptional(count),
  listed: z.exactOptional(z.literal(true)),
  highest: z.exactOptional(text),
  apiStartMs: z.exactOptional(epochMs),
  asked: z.exactOptional(z.strictObject({ dated: count, older: count } satisfies Fields<Asked>)),
  address: z.exactOptional(address),
  expected: z.exactOptional(z.number()),
  leastExpected: z.exactOptional(z.number()),
  moved: z.exactOptional(moved),
  toldEnd: z.exactOptional(
    z.strictObject({ content: text, isDisputed: z.boolean() } satisfies Fields<ToldEnd>),
  ),
  lenient: z.exactOptional(z.boolean()),
  crowded: z.exactOptional(z.boolean()),
  partition: z.exactOptional(partition),
  ended: z.boolean(),
  doubt: z.exactOptional(z.strictObject({ why: text, isFull: z.boolean() })),
} satisfies Fields<Progress>;

const move = everyKind<Move>()(
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.enum(['none', 'confirmed']) }),
    z.strictObject({ kind: z.literal('confirmedFor'), address }),
  ]),
);

const drift = z.strictObject({
  added: z.readonly(z.array(z.strictObject({ name: text, type }))),
  widened: z.readonly(z.array(z.strictObject({ name: text, from: type, to: type }))),
  vanished: texts,
  omitted: z.exactOptional(count),
} satisfies Fields<DriftReport>);

const run = z.strictObject({
  ...progress,
  runId: text,
  date: text,
  fullRefresh: z.boolean(),
  startedAtMs: epochMs,
  status: z.enum(['draining', 'drained', 'skipped', 'finished', 'failed']),
  from: z.exactOptional(text),
  walk: text,
  move,
  list: z.exactOptional(list),
  lake: z.exactOptional(z.strictObject({ id: text, fence: count })),
  requests: count,
  throttled: count,
  waitedMs: spanMs,
  activeMs: spanMs,
  requestMs: spanMs,
  faults: count,
  faultsSinceMs: epochMs,
  throttledSinceMs: z.exactOptional(epochMs),
  movedAtMs: epochMs,
  cursorAtMs: epochMs,
  cause: z.exactOptional(text),
  restart: z.exactOptional(z.enum(['spoilt', 'otherData'])),
  underway: z.exactOptional(z.literal(true)),
  resumed: z.exactOptional(z.literal(true)),
  anew: z.exactOptional(z.strictObject({ instead: text, fence: count, why: text })),
  finishedAtMs: z.exactOptional(epochMs),
  warnings: z.exactOptional(texts),
  drift: z.exactOptional(drift),
} satisfies Fields<StreamRun>);

const stream: ItemKind<StreamState> = {
  schema: z.strictObject({
    source: text,
    stream: text,
    revision: count,
    fence: count,
    holder: text,
    leasedAtMs: epochMs,
    streamLeaseUntilMs: epochMs,
    watermark: z.exactOptional(text),
    unproven: z.exactOptional(z.strictObject({ walk: text, watermark: z.exactOptional(text) })),
    address: z.exactOptional(address),
    listed: z.exactOptional(
      z.strictObject({
        runId: text,
        partitions: count,
        walk: text,
      } satisfies Fields<ListedBefore>),
    ),
    freshAtMs: epochMs,
    published: z.exactOptional(
      z.strictObject({
        runId: text,
        id: text,
        listed: z.exactOptional(z.literal(true)),
      } satisfies Fields<PublishedRun>),
    ),
    run: z.exactOptional(run),
  } satisfies Fields<StreamState>),
  remedy: 'the next run then reads the stream from its start.',
};

export const STREAM = 'stream#';

export const sourcePk = (source: string): string => `source#${source}`;

export const streamKey = (source: string, name: string): ItemKey<StreamState> => ({
  kind: stream,
  pk: sourcePk(source),
  sk: `${STREAM}${name}`,
});
