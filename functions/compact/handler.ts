// One pass of the compaction over the lake. It stops in time; `more` says that the next pass has
// something left to do.

import { COMPACT_STEP_MS } from '../../shared/core/bounds.ts';
import { compactLake } from '../../shared/pull/compact/compact.ts';
import { connectCompact } from '../connect-compact.ts';
import type { CompactConnection, HandlerOf } from '../connection.ts';
import { compactEvent, readEvent } from '../events.ts';

export const compactWith: HandlerOf<CompactConnection> =
  (connect) =>
  async (event, { getRemainingTimeInMillis }) => {
    const only = readEvent(compactEvent, event);
    const { ports, mergedBytes } = await connect();
    const isLate = (): boolean => getRemainingTimeInMillis() < COMPACT_STEP_MS;
    const { more, streams } = await compactLake(ports, { ...only, mergedBytes, isLate });
    return { kind: more ? 'more' : 'done', streams };
  };

export const handler = compactWith(connectCompact);
