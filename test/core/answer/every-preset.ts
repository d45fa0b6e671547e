// Every preset there is, by its name: limits, and the verdicts and waits that stand beside some.

import { z } from 'zod';
import { type Limit, limit } from '../../../shared/core/source/api-limits.ts';
import * as presets from '../../../shared/core/source/presets.ts';
import * as services from '../../../shared/core/source/presets-services.ts';

const exported: ReadonlyMap<string, unknown> = new Map(
  Object.entries({ ...presets, ...services }),
);

export const presetOf = (name: string): unknown => exported.get(name);

/** Those that are lists of limits. */
export const presetLimits: readonly (readonly [name: string, limits: Limit[]])[] = [
  ...exported,
].flatMap(([name, value]): [string, Limit[]][] => {
  const { success, data } = z.array(limit).safeParse(value);
  return success ? [[name, data]] : [];
});
