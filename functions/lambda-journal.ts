// The journal in AWS: one JSON log line an event, and metrics in the same lines (embedded metric
// format), so that watching costs no call. Pages are counted, not logged.

import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Journal, JournalEvent } from '../shared/ports/journal.ts';

/** Waits shorter than this come with every page and are not worth a line. */
const LONG_WAIT_MS = 2_000;

export function lambdaJournal(): Journal {
  const logger = new Logger({ serviceName: 'driplake' });
  return {
    note(event) {
      const { kind, ...fields } = event;
      if (kind === 'page' || (event.kind === 'wait' && event.waitMs < LONG_WAIT_MS)) return;
      if (kind === 'fault' || kind === 'refusal') logger.warn(kind, fields);
      else logger.info(kind, fields);
      measure(event);
    },
  };
}

function measure(event: JournalEvent): void {
  const metrics = new Metrics({ namespace: 'Driplake', serviceName: 'driplake' });
  // One dimension: a metric costs $0.30 a month, and a source may have 27 streams. The log lines
  // carry the stream.
  metrics.addDimensions({ source: event.source });
  switch (event.kind) {
    case 'batch':
      metrics.addMetric('Pages', MetricUnit.Count, event.pages);
      metrics.addMetric('Records', MetricUnit.Count, event.records);
      metrics.addMetric('Bytes', MetricUnit.Bytes, event.bytes);
      break;
    case 'refusal':
      metrics.addMetric('Refused', MetricUnit.Count, 1);
      break;
    case 'fault':
      metrics.addMetric('Faults', MetricUnit.Count, 1);
      break;
    case 'wait':
      metrics.addMetric('Waited', MetricUnit.Milliseconds, event.waitMs);
      break;
    default:
      return;
  }
  metrics.publishStoredMetrics();
}
