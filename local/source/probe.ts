// One request a stream, parents first: what `check` and `plan` look at. It takes its permits from
// the same budget as everyone else, writes nothing to the lake, and moves no cursor.

import { randomUUID } from 'node:crypto';
import type { Exchange } from '../../shared/core/answer/exchange.ts';
import { readLimits } from '../../shared/core/answer/headers.ts';
import { PULL_TIMEOUT_SECONDS } from '../../shared/core/bounds.ts';
import { DriplakeError, explain } from '../../shared/core/failures.ts';
import type { LimitReport } from '../../shared/core/limit-report.ts';
import { addressOf, describeMisread, describeMove } from '../../shared/core/page/address.ts';
import { describeCursor } from '../../shared/core/page/cursor.ts';
import {
  countOlder,
  describeOlder,
  startingPoint,
  widenWatermark,
} from '../../shared/core/page/watermark.ts';
import { wavesOf } from '../../shared/core/partition/parents.ts';
import { fieldOfEach } from '../../shared/core/records/record-fields.ts';
import { newStreamRun, type StreamState } from '../../shared/core/run/run.ts';
import type { Source, Stream } from '../../shared/core/source/source.ts';
import type { Column } from '../../shared/core/table/columns.ts';
import { inferColumns } from '../../shared/core/table/infer-columns.ts';
import { describeNoSchema } from '../../shared/core/table/views.ts';
import { fingerprint } from '../../shared/ports/secrets/secrets.ts';
import { budgetsOf, type SourceContext } from '../../shared/pull/context.ts';
import { type PulledPage, pullPage } from '../../shared/pull/page.ts';
import { openPermits } from '../../shared/pull/permits.ts';
import type { Ports } from '../../shared/pull/ports.ts';
import { describeShown } from '../../shared/pull/shown.ts';
import { misfits } from './declared-fields.ts';
import { type AskedPartition, firstPartition } from './first-partition.ts';
import { requestDoubts } from './request-doubts.ts';
import { describeUnread } from './unread-limits.ts';

export interface Probe {
  readonly stream: string;
  /** `ok`, or what the first answer was instead of a page. */
  readonly verdict: 'ok' | PulledPage['outcome']['kind'] | 'failed';
  readonly cause?: string;
  readonly records: number;
  readonly bytes: number;
  readonly requestMs: number;
  /** Records that the API tells of. */
  readonly expected?: number;
  /** Where the second page starts, as JSON; absent when the first page is the last. */
  readonly next?: string;
  /** The partition that was asked for, where the stream has some. */
  readonly partition?: AskedPartition;
  /** Rows of the first page that the second one repeats. */
  readonly overlap?: number;
  /** What the API said of the limits of the source, and of those of the stream. */
  readonly limits: readonly LimitReport[];
  readonly ownLimits: readonly LimitReport[];
  /** Headers of a limit that nobody reads, in a sentence. */
  readonly unread?: string;
  readonly columns: readonly Column[];
  /** What a run would do, and nobody is likely to want: one sentence each. */
  readonly warnings: readonly string[];
}

/** A stream that is skipped as its source declares has not failed. */
export const hasFailed = ({ verdict }: Probe): boolean => verdict !== 'ok' && verdict !== 'skip';

const NOTHING = {
  records: 0,
  bytes: 0,
  requestMs: 0,
  limits: [],
  ownLimits: [],
  columns: [],
  warnings: [],
} as const;
/** Waits for a permit before the probe gives up. */
const TURNS = 100;

/**
 * Probes the streams one after the other, with the parents that they need. A fault of one is its
 * verdict, not an error.
 */
export async function* probe(
  ports: Ports,
  connect: () => Promise<SourceContext>,
  source: Source,
  only: readonly string[],
): AsyncGenerator<Probe> {
  const wanted = only.length > 0 ? only : source.streams.map(({ name }) => name);
  const read = new Map<string, Uint8Array>();
  for (const name of wavesOf(source, wanted).flat()) {
    for (const stream of source.streams.filter((one) => one.name === name)) {
      try {
        yield await probeStream(ports, await connect(), stream, read);
      } catch (error) {
        if (!(error instanceof DriplakeError)) throw error;
        yield { stream: name, verdict: 'failed', cause: explain(error), ...NOTHING };
      }
    }
  }
}

/** @param read lines of the first pages by stream: this one adds its own */
async function probeStream(
  ports: Ports,
  context: SourceContext,
  stream: Stream,
  read: Map<string, Uint8Array>,
): Promise<Probe> {
  const { clock, ledger } = ports;
  const state = await ledger.readStream(context.source.name, stream.name);
  const from =
    stream.incremental && startingPoint(stream.incremental, state?.watermark, clock.nowMs());
  const run = newStreamRun({
    runId: 'probe',
    startedAtMs: clock.nowMs(),
    fullRefresh: false,
    walk: '',
    ...(from === undefined ? {} : { from }),
  });
  const partition = firstPartition(context, stream, read, run);
  if (partition.kind !== 'values') {
    const verdict = partition.kind === 'none' ? 'skip' : 'failed';
    return { stream: stream.name, verdict, cause: partition.cause, ...NOTHING };
  }
  const { values } = partition.asked;
  const doubts = partition.doubts.map((doubt) => `${stream.name}: ${doubt}`);
  const permits = openPermits(ports, context, stream, {
    holder: `probe/${stream.name}`,
    invocationId: randomUUID(),
    fence: 0,
    requestMs: () => 1000,
  });
  try {
    for (let turn = 1; turn <= TURNS; turn++) {
      const readiness = await permits.ready(1, 0, Number.POSITIVE_INFINITY);
      if (readiness.kind === 'go') break;
      if (readiness.waitMs > PULL_TIMEOUT_SECONDS * 1000) {
        const until = new Date(readiness.untilMs).toISOString();
        const cause = `${readiness.why}: no request before ${until}`;
        return { stream: stream.name, verdict: 'throttled', cause, ...NOTHING };
      }
      await clock.sleep(readiness.waitMs);
    }
    let last: Exchange | undefined;
    const pulled = await pullPage(
      ports,
      { context, stream, run: { ...run, cursor: null }, values },
      (exchange) => {
        permits.spent(exchange);
        last = exchange;
      },
    );
    if (pulled.outcome.kind === 'page') read.set(stream.name, pulled.outcome.lines);
    const probed = told(stream, context, pulled, last);
    const moved = moveOf(context, stream, state);
    return {
      ...probed,
      ...(Object.keys(values).length === 0 ? {} : { partition: partition.asked }),
      warnings: [...moved, ...doubts, ...probed.warnings, ...ignored(stream, from, pulled)],
    };
  } finally {
    await permits.close();
  }
}

/** An ordinary run would be refused. */
function moveOf(context: SourceContext, stream: Stream, state: StreamState | undefined): string[] {
  const now = addressOf(context.source, stream, context.settings, fingerprint);
  const [before, hasWatermark] = [state?.address, state?.watermark !== undefined];
  const moved = describeMove(before, now, hasWatermark);
  if (moved === undefined) return [];
  const sameData = describeMisread(before, now, hasWatermark) ? '' : '--same-data or ';
  const remedy = `a run is refused, unless with ${sameData}--full-refresh`;
  return [context.credentials.redact(`${stream.name}: ${moved}: ${remedy}`)];
}

/** The watermark is to be the cursor, and the API's is none. */
function walkDoubts(context: SourceContext, stream: Stream, next: Next): string[] {
  const { name, incremental, pagination } = stream;
  const { cursor } = next;
  if (!incremental || incremental.param !== undefined || pagination.kind !== 'cursor') return [];
  if (!cursor || !('value' in cursor)) return [];
  if (widenWatermark(incremental, undefined, cursor.value) !== undefined) return [];
  const shown = context.credentials.redact(describeCursor(cursor));
  const what = incremental.type === 'integer' ? 'whole number' : 'ISO date';
  return [
    `${name}: incremental has no param, so that runs go on from the watermark as a cursor, and the cursor ${shown} is no ${what}. Give it a param`,
  ];
}

/** A parameter of what changed since, that the API does not heed. */
function ignored({ name, incremental }: Stream, from: string | undefined, pulled: PulledPage) {
  const { outcome } = pulled;
  if (!incremental || from === undefined || outcome.kind !== 'page') return [];
  const asked = countOlder(incremental, from, fieldOfEach(outcome.lines, incremental.field));
  const older = describeOlder(incremental, from, asked);
  return older === undefined ? [] : [`${name}: ${older}`];
}

type Next = Extract<PulledPage['outcome'], { kind: 'page' }>['next'];

/** What its file shows without a request. */
function ofSource({ source }: SourceContext, stream: Stream): string[] {
  const noSchema = describeNoSchema(source.name);
  const doubts = requestDoubts(source, stream).map((doubt) => `${stream.name}: ${doubt}`);
  return [...(noSchema === undefined ? [] : [noSchema]), ...doubts];
}

function told(
  stream: Stream,
  context: SourceContext,
  { outcome, requestMs }: PulledPage,
  exchange: Exchange | undefined,
): Probe {
  const budgets = budgetsOf(context, stream);
  const limitsRead = budgets.flatMap(({ allowance }) => allowance.limits);
  const unread = exchange && describeUnread(limitsRead, exchange);
  const read = budgets.flatMap(({ allowance }) =>
    exchange ? [readLimits(allowance.limits, exchange.headers, exchange.answeredAtMs)] : [],
  );
  const doubts = read.flatMap((one) => one.doubts);
  const ownLimits = stream.limits === undefined ? [] : (read[0]?.reports ?? []);
  const limits = stream.onlyOwnLimits ? [] : (read.at(-1)?.reports ?? []);
  if (outcome.kind !== 'page') {
    const cause =
      'reason' in outcome ? context.credentials.redact(outcome.reason) : 'It was stopped.';
    const spoken = { requestMs, limits, ownLimits, ...(unread ? { unread } : {}) };
    return { ...NOTHING, stream: stream.name, verdict: outcome.kind, cause, ...spoken };
  }
  const { rows, lines, next, expected } = outcome;
  const columns = inferColumns(lines, []);
  const cursor = next.kind === 'next' ? next.cursor : null;
  const overlap = cursor && 'offset' in cursor ? cursor.overlap : undefined;
  return {
    stream: stream.name,
    verdict: 'ok',
    records: rows,
    bytes: lines.length,
    requestMs,
    limits,
    ownLimits,
    ...(unread ? { unread } : {}),
    columns,
    warnings: [
      ...ofSource(context, stream),
      ...doubts,
      ...misfits(stream, lines, columns),
      ...walkDoubts(context, stream, next),
      ...(outcome.credentialIn ? [`${stream.name}: ${describeShown(outcome.credentialIn)}`] : []),
      ...(next.kind === 'end' && next.doubt?.isFull ? [`${stream.name}: ${next.doubt.why}`] : []),
    ],
    ...(expected === undefined ? {} : { expected }),
    ...(next.kind === 'next'
      ? { next: context.credentials.redact(describeCursor(next.cursor)) }
      : {}),
    ...(overlap === undefined ? {} : { overlap }),
  };
}
