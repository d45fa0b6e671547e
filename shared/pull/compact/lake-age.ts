// How old what lies in the lake is, by the lake's own clock: an object tells when it was written by
// that one, and a compaction whose clock is days ahead would remove what queries still read.

import { CLOCK_KEY } from '../../core/table/keys.ts';
import type { Lake, LakeKeeping } from '../../ports/lake/lake.ts';
import type { Ports } from '../ports.ts';

type AgedLake = Pick<Lake, 'writeText'> & Pick<LakeKeeping, 'listObjects'>;

/** Tells ages; the lake is asked for the time once, when our clock says that something is old. */
export interface LakeAge {
  /** Whether an object that the lake took at `writtenMs` is this old by both clocks. */
  isOlder(writtenMs: number, spanMs: number): Promise<boolean>;
}

export function openLakeAge({ lake, clock }: { lake: AgedLake; clock: Ports['clock'] }): LakeAge {
  let askedMs: number | undefined;
  return {
    async isOlder(writtenMs, spanMs) {
      if (clock.nowMs() - writtenMs < spanMs) return false;
      askedMs ??= await askTime(lake);
      return askedMs - writtenMs >= spanMs;
    },
  };
}

/** What is written now was written now; where the lake does not show it, nothing is old. */
async function askTime(lake: AgedLake): Promise<number> {
  await lake.writeText(CLOCK_KEY, '{}\n');
  return (await writtenMs(lake, CLOCK_KEY)) ?? 0;
}

/** When the lake took an object; undefined where there is none. */
export async function writtenMs(
  lake: Pick<LakeKeeping, 'listObjects'>,
  key: string,
): Promise<number | undefined> {
  for await (const { modifiedMs } of lake.listObjects(key)) return modifiedMs;
  return undefined;
}
