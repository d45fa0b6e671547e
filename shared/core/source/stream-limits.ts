// Which limits a stream spends from: those of its endpoint, and those of the whole source.

import type { Limit } from './api-limits.ts';
import type { Source, Stream } from './source.ts';

/** Limits that are counted together, in the budget of one scope; settings are not filled in. */
export interface SharedLimits {
  readonly scope: string;
  readonly limits: readonly Limit[];
}

/** Those of its endpoint first: everybody asks in this order, so nobody waits in a circle. */
export function limitsOf(source: Source, stream: Stream): readonly SharedLimits[] {
  const whole: SharedLimits = { scope: source.scope ?? source.name, limits: source.limits ?? [] };
  const { limits, scope = `${whole.scope}/${stream.name}`, onlyOwnLimits } = stream;
  if (limits === undefined) return [whole];
  return [{ scope, limits }, ...(onlyOwnLimits ? [] : [whole])];
}
