// Reads how far back a person wants to look: a span such as 90s, 15m, 1h or 2d, or a moment.

import { DriplakeError, Failure } from '../../shared/core/failures.ts';

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** As `runIdOf` makes it: `20261121T223015Z-1f0c9a3b`. */
const RUN_ID = /^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)-/;

/**
 * Epoch ms from which on lines are wanted: where no time is said, a minute before the run that is
 * asked for, else an hour ago.
 * @throws DriplakeError configuration
 */
export function beginOf(
  { since, run = '' }: { readonly since?: string; readonly run?: string },
  nowMs: number,
): number {
  if (since !== undefined) return readSince(since, nowMs);
  const [, year, month, dayAndHour, minute, second] = RUN_ID.exec(run) ?? [];
  const begunMs = Date.parse(`${year}-${month}-${dayAndHour}:${minute}:${second}`);
  // The id of a run that begins anew within another one is some seconds ahead of its time.
  return Number.isNaN(begunMs) ? nowMs - UNIT_MS.h : begunMs - UNIT_MS.m;
}

/**
 * Epoch ms of the moment that is meant.
 * @throws DriplakeError configuration
 */
export function readSince(text: string, nowMs: number): number {
  const [, number, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (unit === 's' || unit === 'm' || unit === 'h' || unit === 'd') {
    return nowMs - Number(number) * UNIT_MS[unit];
  }
  const moment = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(moment)) return moment;
  throw new DriplakeError(
    Failure.configuration,
    `--since ${text} is no time.`,
    'Give a span (90s, 15m, 1h, 2d) or a moment (2026-11-22T01:30:00Z).',
  );
}
