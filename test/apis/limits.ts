// The limits as a vendor enforces them: pure state machines over the time they are given. Each
// counts what it allowed, what it refused and what nobody used; none trusts the client, none lets
// time run backwards.

export interface Verdict {
  readonly allowed: boolean;
  /** Milliseconds until a request of cost 1 could pass; 0 when this one passed. */
  readonly retryAfterMs: number;
}

export interface Counts {
  readonly allowed: number;
  readonly refused: number;
  /** Permits that nobody used: leaked away at level 0, or left over in finished windows. */
  readonly idle: number;
  readonly spent: number;
  readonly foreign: number;
}

export interface Limit<V extends Verdict = Verdict> {
  take(nowMs: number, cost?: number): V;
  /** Spent by somebody else: raises the level, is never counted as our request. */
  spendForeign(nowMs: number, cost: number): void;
  counts(): Counts;
}

/** `foreignShare` 0.3: another client steadily asks for 30 % of the drip, in requests of cost 1. */
export interface ForeignShare {
  readonly foreignShare?: number;
}

export interface BucketVerdict extends Verdict {
  readonly level: number;
  readonly size: number;
  readonly leakPerSecond: number;
}

export interface LeakyBucketOptions extends ForeignShare {
  readonly size: number;
  readonly leakPerSecond: number;
  /**
   * True (default): allowed while level < size, so one request may cross it. False: it must fit.
   */
  readonly overflow?: boolean;
}

export interface LeakyBucket extends Limit<BucketVerdict> {
  resize(nowMs: number, options: { size: number; leakPerSecond: number }): void;
  peek(nowMs: number): BucketVerdict;
}

/** Leaks continuously, floors at 0; the reported level includes the request just made. */
export function leakyBucket(options: LeakyBucketOptions): LeakyBucket {
  const { overflow = true, foreignShare } = options;
  let { size, leakPerSecond } = options;
  let level = 0;
  let idle = 0;
  let lastMs: number | undefined;
  const tally = counter();
  const rivals = steadyClient();
  const fits = (cost: number) => (overflow ? level < size : level + cost <= size + 1e-9);

  const leakTo = (nowMs: number) => {
    const leaked = (Math.max(0, nowMs - (lastMs ?? nowMs)) / 1000) * leakPerSecond;
    idle += Math.max(0, leaked - level);
    level = Math.max(0, level - leaked);
    lastMs = Math.max(nowMs, lastMs ?? nowMs);
  };
  const foreignRequest = (cost: number) => {
    if (!fits(cost)) return;
    level += cost;
    tally.foreign += cost;
  };
  const advance = (nowMs: number) => {
    for (const dueMs of rivals.due(nowMs, (foreignShare ?? 0) * leakPerSecond)) {
      leakTo(dueMs);
      foreignRequest(1);
    }
    leakTo(nowMs);
  };
  const state = (allowed: boolean): BucketVerdict => {
    const over = Math.max(0, overflow ? level - size : level + 1 - size);
    const waitMs = Math.max(1, Math.ceil((over / leakPerSecond) * 1000));
    return { allowed, level, size, leakPerSecond, retryAfterMs: allowed ? 0 : waitMs };
  };

  return {
    take: (nowMs, cost = 1) => {
      advance(nowMs);
      const allowed = fits(cost);
      if (allowed) level += cost;
      tally.verdict(allowed, cost);
      return state(allowed);
    },
    spendForeign: (nowMs, cost) => {
      advance(nowMs);
      foreignRequest(cost);
    },
    resize: (nowMs, next) => {
      advance(nowMs);
      ({ size, leakPerSecond } = next);
    },
    peek: (nowMs) => {
      advance(nowMs);
      return state(fits(1));
    },
    counts: () => tally.counts(idle),
  };
}

export interface WindowVerdict extends Verdict {
  readonly limit: number;
  readonly used: number;
  readonly remaining: number;
  /** Epoch milliseconds at which the current window ends. */
  readonly resetMs: number;
}

export interface WindowOptions extends ForeignShare {
  readonly limit: number;
  readonly windowMs: number;
}

/**
 * Windows that open with the first request after the last one ended, or on multiples of their
 * length.
 */
export function fixedWindow(
  options: WindowOptions & { start?: 'first-request' | 'aligned' },
): Limit<WindowVerdict> {
  const { limit, windowMs, start = 'first-request', foreignShare = 0 } = options;
  const tally = counter();
  const rivals = steadyClient();
  let openedMs: number | undefined;
  let latestMs = Number.NEGATIVE_INFINITY;
  let used = 0;
  let idle = 0;

  const advance = (asked: number) => {
    latestMs = Math.max(latestMs, asked);
    for (const dueMs of rivals.due(latestMs, (foreignShare * limit * 1000) / windowMs)) {
      rollTo(dueMs);
      foreignRequest(1);
    }
    rollTo(latestMs);
  };
  const rollTo = (nowMs: number) => {
    const aligned = Math.floor(nowMs / windowMs) * windowMs;
    const fresh = start === 'aligned' ? aligned : nowMs;
    if (openedMs === undefined) openedMs = fresh;
    if (nowMs < openedMs + windowMs) return;
    const skipped = start === 'aligned' ? (aligned - openedMs) / windowMs - 1 : 0;
    idle += limit - used + skipped * limit;
    openedMs = fresh;
    used = 0;
  };
  const foreignRequest = (cost: number) => {
    const spent = Math.min(cost, limit - used);
    used += spent;
    tally.foreign += spent;
  };

  return {
    take: (nowMs, cost = 1) => {
      advance(nowMs);
      const allowed = used + cost <= limit;
      if (allowed) used += cost;
      tally.verdict(allowed, cost);
      const resetMs = (openedMs ?? latestMs) + windowMs;
      const retryAfterMs = allowed ? 0 : resetMs - latestMs;
      return { allowed, retryAfterMs, limit, used, remaining: limit - used, resetMs };
    },
    spendForeign: (nowMs, cost) => {
      advance(nowMs);
      foreignRequest(cost);
    },
    counts: () => tally.counts(idle),
  };
}

/** Fixed one-second windows in which every request counts 1; it resets, it does not drip. */
export function burst(options: { limit: number; windowMs?: number }): Limit<WindowVerdict> {
  return fixedWindow({
    limit: options.limit,
    windowMs: options.windowMs ?? 1000,
    start: 'aligned',
  });
}

/**
 * No stretch of `windowMs` ever holds more than `limit` permits. Idle: per stretch since the
 * first request.
 */
export function slidingWindow(options: WindowOptions): Limit<WindowVerdict> {
  const { limit, windowMs, foreignShare = 0 } = options;
  const tally = counter();
  const rivals = steadyClient();
  const stretches = fixedWindow({ limit, windowMs, start: 'aligned' });
  let taken: number[] = [];
  let head = 0;
  let firstMs: number | undefined;
  let latestMs = Number.NEGATIVE_INFINITY;

  const forgetBefore = (nowMs: number) => {
    while ((taken[head] ?? nowMs) <= nowMs - windowMs) head += 1;
    if (head <= 4096) return;
    taken = taken.slice(head);
    head = 0;
  };
  const spend = (nowMs: number, cost: number) => {
    for (let permit = 0; permit < cost; permit += 1) taken.push(nowMs);
    stretches.take(nowMs - (firstMs ?? nowMs), cost);
  };
  const foreignRequest = (nowMs: number, cost: number) => {
    const spent = Math.min(cost, limit - (taken.length - head));
    spend(nowMs, spent);
    tally.foreign += spent;
  };
  const advance = (asked: number) => {
    latestMs = Math.max(latestMs, asked);
    firstMs ??= latestMs;
    for (const dueMs of rivals.due(latestMs, (foreignShare * limit * 1000) / windowMs)) {
      forgetBefore(dueMs);
      foreignRequest(dueMs, 1);
    }
    forgetBefore(latestMs);
  };

  return {
    take: (nowMs, cost = 1) => {
      advance(nowMs);
      const allowed = taken.length - head + cost <= limit;
      if (allowed) spend(latestMs, cost);
      else stretches.spendForeign(latestMs - (firstMs ?? latestMs), 0);
      tally.verdict(allowed, cost);
      const used = taken.length - head;
      const resetMs = (taken[head] ?? latestMs) + windowMs;
      const retryAfterMs = allowed ? 0 : resetMs - latestMs;
      return { allowed, retryAfterMs, limit, used, remaining: limit - used, resetMs };
    },
    spendForeign: (nowMs, cost) => {
      advance(nowMs);
      foreignRequest(latestMs, cost);
    },
    counts: () => tally.counts(stretches.counts().idle),
  };
}

function counter() {
  let allowed = 0;
  let refused = 0;
  let spent = 0;
  return {
    foreign: 0,
    verdict(passed: boolean, cost: number) {
      if (passed) {
        allowed += 1;
        spent += cost;
      } else refused += 1;
    },
    counts(idle: number): Counts {
      return { allowed, refused, idle, spent, foreign: this.foreign };
    },
  };
}

/**
 * The moments at which a steady foreign client asked since the last look, computed only when
 * looked at.
 */
function steadyClient(): { due(nowMs: number, permitsPerSecond: number): Generator<number> } {
  let anchorMs: number | undefined;
  let rate = 0;
  let asked = 0;
  return {
    *due(nowMs, permitsPerSecond) {
      if (permitsPerSecond <= 0) return;
      if (anchorMs === undefined || rate !== permitsPerSecond) {
        anchorMs = anchorMs === undefined ? nowMs : anchorMs + (asked * 1000) / rate;
        rate = permitsPerSecond;
        asked = 0;
      }
      for (;;) {
        const dueMs = anchorMs + ((asked + 1) * 1000) / rate;
        if (dueMs > nowMs) return;
        asked += 1;
        yield dueMs;
      }
    },
  };
}
