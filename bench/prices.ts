// What AWS bills for a run: list prices of us-east-1 in November 2026, without free tiers.

import { PULL_MEMORY_MB } from '../shared/core/limits.ts';

export const PRICES_OF = 'us-east-1, November 2026, no free tier';

/** Dollars for one. */
const TRANSITION = 25 / 1e6;
const GIGABYTE_SECOND = 0.0000133334;
const INVOCATION = 0.2 / 1e6;
const LEDGER_WRITE = 0.625 / 1e6;
const LEDGER_READ = 0.125 / 1e6;
const LAKE_PUT = 5 / 1e6;
const LAKE_GET = 0.4 / 1e6;

/**
 * Seconds that the first invocation of a run takes longer: the function is loaded, and that is
 * billed. It stays warm over the waits of a run, which are shorter than minutes.
 */
const COLD_START_SECONDS = 1;

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

export function dollars(bill: Bill): number {
  const busySeconds = bill.busyMs / 1000 + bill.coldStarts * COLD_START_SECONDS;
  return (
    bill.transitions * TRANSITION +
    bill.invocations * INVOCATION +
    busySeconds * (PULL_MEMORY_MB / 1024) * GIGABYTE_SECOND +
    bill.writeUnits * LEDGER_WRITE +
    bill.readUnits * LEDGER_READ +
    bill.puts * LAKE_PUT +
    bill.gets * LAKE_GET
  );
}
