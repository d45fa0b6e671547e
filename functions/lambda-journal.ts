// The journal in AWS: one JSON line an event, with its metrics in the same line (embedded metric
// format), so that watching costs no call; a log level above INFO would silence both. Pages are
// counted, not logged; no line has a credential.

import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { METRIC_UNITS, METRICS_NAMESPACE, type MetricName } from '../shared/core/run/metrics.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { Journal, JournalEvent, Level } from '../shared/ports/journal.ts';

/** Waits shorter than this come with every page: the round's line has their sum. */
const LONG_WAIT_MS = 2_000;

/** A round may last minutes; a graph of the bucket has a point a minute. */
const LEVEL_EVERY_MS = 30_000;

type Datum = readonly [MetricName, number];

/**
 * `POWERTOOLS_SERVICE_NAME` names the stack, in every line and as a dimension of every metric. One
 * Logger and one Metrics serve the process: each opens a console of its own.
 */
export function lambdaJournal(clock: Clock): Journal {
  const logger = new Logger();
  const embed = embedder();
  const bucket = watchBucket(clock);
  const say = (
    event: JournalEvent,
    message: string,
    facts: object,
    data: readonly Datum[],
  ): void => {
    const line = { ...facts, ...embed(event.source, data) };
    if (isBad(event)) logger.warn(message, line);
    else logger.info(message, line);
  };
  return {
    note(event) {
      const { kind, ...facts } = event;
      switch (event.kind) {
        case 'begin':
          // A function makes one round at a time: the lines that follow are of this stream.
          return logger.appendKeys(idsOf(event));
        case 'page':
          if (!bucket.saw(event.level)) return;
          return say(event, 'level', idsOf(event), bucket.take());
        case 'wait':
          return event.waitMs < LONG_WAIT_MS ? undefined : say(event, kind, facts, []);
        case 'round':
          return say(event, kind, facts, [...dataOf(event), ...bucket.take()]);
        default:
          return say(event, kind, facts, dataOf(event));
      }
    },
  };
}

const idsOf = ({ source, stream, runId }: Extract<JournalEvent, { runId: string }>) => ({
  source,
  stream,
  runId,
});

/** What CloudWatch is told of an event. */
function dataOf(event: JournalEvent): readonly Datum[] {
  switch (event.kind) {
    case 'round':
      return counted(
        ['Pages', event.pages],
        ['Records', event.records],
        ['Bytes', event.bytes],
        ['WaitedSeconds', event.waitedMs / 1000],
        ['Stuck', event.outcome === 'stuck' ? 1 : 0],
      );
    case 'throttled':
      return [['Throttled', 1]];
    case 'fault':
      // Attempt 0 is worth a line and no fault: an answer that the source declares as one to skip.
      return counted(['Faults', Math.min(1, event.attempt)]);
    case 'token':
      return [[TOKEN_METRICS[event.outcome], 1]];
    case 'age':
      return [['CursorAgeHours', event.ageMs / 3_600_000]];
    default:
      return [];
  }
}

const TOKEN_METRICS = {
  renewed: 'TokensRenewed',
  fault: 'TokenFaults',
  rejected: 'TokensRejected',
} as const;

/** What did not happen is not sent, and costs nothing. */
const counted = (...data: Datum[]): readonly Datum[] => data.filter(([, value]) => value > 0);

/** Keeps the highest level since the last line: the question is how near to the limit we came. */
function watchBucket({ nowMs }: Clock) {
  let highest: Level | undefined;
  let sentAtMs = 0;
  return {
    /** Whether the level is due to be told. */
    saw(level: Level | undefined): boolean {
      if (level && (!highest || share(level) >= share(highest))) highest = level;
      return highest !== undefined && nowMs() - sentAtMs >= LEVEL_EVERY_MS;
    },
    take(): readonly Datum[] {
      if (!highest) return [];
      const { spent, of } = highest;
      [highest, sentAtMs] = [undefined, nowMs()];
      return [
        ['BucketLevel', spent],
        ['BucketSize', of],
      ];
    },
  };
}

const share = ({ spent, of }: Level): number => spent / of;

const isBad = (event: JournalEvent): boolean =>
  event.kind === 'fault' ||
  event.kind === 'throttled' ||
  (event.kind === 'compaction' && event.faults.length > 0) ||
  (event.kind === 'token' && event.outcome !== 'renewed') ||
  (event.kind === 'round' && (event.outcome === 'stuck' || event.outcome === 'failed')) ||
  (event.kind === 'stream' && event.cause !== undefined);

/** Makes the part of a line that CloudWatch reads metrics from. */
function embedder() {
  const metrics = new Metrics({ namespace: METRICS_NAMESPACE });
  return (source: string, data: readonly Datum[]): object => {
    if (data.length === 0) return {};
    for (const [name, value] of data) metrics.addMetric(name, METRIC_UNITS[name], value);
    metrics.addDimension('source', source);
    // The logger writes the service itself, and lets nobody else.
    const { service: _same, ...embedded } = metrics.serializeMetrics();
    metrics.clearMetrics();
    metrics.clearDimensions();
    return embedded;
  };
}
