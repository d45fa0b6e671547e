// What AWS bills for a run: the list prices that `driplake plan` computes with, and what a
// benchmark counts beside them.

import { PULL_MEMORY_MB } from '../../shared/core/bounds.ts';
import { PRICES } from '../../shared/core/budget/estimate.ts';

export const PRICES_OF = 'us-east-1, November 2026, no free tier';

/**
 * Seconds that the first invocation of a run takes longer: the function is loaded, and that is
 * billed. It stays warm over the waits of a run, which are shorter than minutes.
 */
export const COLD_START_SECONDS = 1;

export interface Bill {
  readonly transitions: number;
  readonly invocations: number;
  readonly busyMs: number;
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly puts: number;
  readonly gets: number;
  /** Functions that were loaded. */
  readonly coldStarts: number;
}

/** Dollars of each item of a bill. */
export function itemised(bill: Bill): Readonly<Record<keyof Omit<Bill, 'coldStarts'>, number>> {
  const busySeconds = bill.busyMs / 1000 + bill.coldStarts * COLD_START_SECONDS;
  return {
    transitions: bill.transitions * PRICES.transition,
    invocations: bill.invocations * PRICES.lambdaRequest,
    busyMs: busySeconds * (PULL_MEMORY_MB / 1024) * PRICES.lambdaGbSecond,
    writeUnits: bill.writeUnits * PRICES.ledgerWrite,
    readUnits: bill.readUnits * PRICES.ledgerRead,
    puts: bill.puts * PRICES.put,
    gets: bill.gets * PRICES.get,
  };
}

export const dollars = (bill: Bill): number =>
  Object.values(itemised(bill)).reduce((sum, part) => sum + part, 0);
