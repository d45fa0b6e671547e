// The shortest time in which anybody could drain so many pages, one at a time and in order, from an
// idle API. Each bound comes with its formula in words that can be checked by hand.

export interface Optimum {
  readonly seconds: number;
  readonly formula: string;
}

/**
 * A request is let through while the level is below the size, so the N-th one needs that
 * N - 1 - size units have leaked since the first. `foreignShare` of the leak goes to another client.
 * @param lanes streams that fetch side by side
 */
export function bucketOptimum(facts: {
  readonly pages: number;
  readonly size: number;
  readonly leakPerSecond: number;
  readonly latencySeconds: number;
  readonly lanes?: number;
  readonly foreignShare?: number;
}): Optimum {
  const {
    pages,
    size,
    leakPerSecond,
    latencySeconds: latency,
    lanes = 1,
    foreignShare = 0,
  } = facts;
  const rate = leakPerSecond * (1 - foreignShare);
  const leaking = (pages - 1 - size) / rate + latency;
  const share = foreignShare === 0 ? '' : ` x ${1 - foreignShare}`;
  return {
    seconds: Math.max((pages * latency) / lanes, leaking),
    formula: `max(${pages} x ${latency}${lanes === 1 ? '' : ` / ${lanes}`}, (${pages} - 1 - ${size}) / (${leakPerSecond}${share}) + ${latency})`,
  };
}

/** A window opens with its first request; the next one cannot open before it has ended. */
export function windowOptimum(facts: {
  readonly pages: number;
  readonly limit: number;
  readonly periodSeconds: number;
  readonly latencySeconds: number;
}): Optimum {
  const { pages, limit, periodSeconds: period, latencySeconds: latency } = facts;
  const full = Math.ceil(pages / limit) - 1;
  const rest = pages - full * limit;
  return {
    seconds: full * Math.max(period, limit * latency) + rest * latency,
    formula: `${full} x max(${period}, ${limit} x ${latency}) + ${rest} x ${latency}`,
  };
}
