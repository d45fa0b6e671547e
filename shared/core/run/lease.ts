// Whether somebody holds a stream. A lease is as long as what it was given for, but it ends by the
// clock of who gave it: one that was written in our future is of a clock that was ahead, a laptop's
// or a function's, and would keep everybody away until that time comes. It counts as over. Nothing
// is lost where its holder lives after all: the next claim's fence keeps that one's writes out.

import { CLOCK_SKEW_MS } from '../bounds.ts';

export interface StreamLease {
  /** The execution that drains the stream; empty when nobody does. */
  readonly holder: string;
  /** When it was given, by the clock of who gave it; epoch ms. */
  readonly leasedAtMs: number;
  readonly streamLeaseUntilMs: number;
}

/** @returns who holds the stream at `nowMs`; undefined when it is free */
export function holderOf(lease: StreamLease | undefined, nowMs: number): string | undefined {
  if (!lease || lease.holder === '') return undefined;
  const isOfNow = !isAhead(lease.leasedAtMs, nowMs);
  return isOfNow && lease.streamLeaseUntilMs > nowMs ? lease.holder : undefined;
}

/** Whether a time in the ledger is of a clock that was ahead, and says nothing. */
export const isAhead = (atMs: number, nowMs: number): boolean => atMs > nowMs + CLOCK_SKEW_MS;
