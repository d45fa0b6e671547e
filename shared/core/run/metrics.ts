// The names that Driplake's own metrics have in CloudWatch: what the functions emit, what alarms
// and the dashboard look at. All stand here, so that nothing can be watched that is not emitted.

export const METRICS_NAMESPACE = 'Driplake';

/**
 * The dimensions of every metric: the stack, under the name that Powertools gives it, and the
 * source. A metric costs $0.30 a month for the hours in which it is sent, and a source may have
 * 27 streams: what a stream does is in the log lines, which carry the same numbers.
 */
export const METRIC_DIMENSIONS = ['service', 'source'] as const;

/** Each name with its unit, as CloudWatch spells it. */
export const METRIC_UNITS = {
  /** Of rounds that were committed: a page that was fetched twice counts once. */
  Pages: 'Count',
  Records: 'Count',
  /** Of NDJSON before compression. */
  Bytes: 'Bytes',
  /** Answers that said the limit is used up. */
  Throttled: 'Count',
  /** Answers that were no page, and requests without an answer. */
  Faults: 'Count',
  /** Slept through in functions and left to the machine. */
  WaitedSeconds: 'Seconds',
  /** Units spent of the tightest limit, as the API told it: the highest since it was last sent. */
  BucketLevel: 'Count',
  /** Units that this limit holds. */
  BucketSize: 'Count',
  /** Streams that ended because the API leads in circles or past every limit. */
  Stuck: 'Count',
  TokensRenewed: 'Count',
  /** Token requests that may work later. */
  TokenFaults: 'Count',
  /** Token requests that only a person can make work. */
  TokensRejected: 'Count',
  /** Hours since the stream that waits longest was finished. CloudWatch has no unit of hours. */
  CursorAgeHours: 'None',
} as const;

export type MetricName = keyof typeof METRIC_UNITS;
