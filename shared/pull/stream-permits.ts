// Permits of a stream that spends from several budgets: a request goes when all of them grant it.
// All streams ask for them in one order, so that nobody waits in a circle.

import type { Stream } from '../core/source/source.ts';
import type { Level } from '../ports/journal.ts';
import { budgetsOf, type SourceContext } from './context.ts';
import { openPermits, type PermitOptions, type Permits } from './permits.ts';
import type { PullPorts } from './ports.ts';

export function openStreamPermits(
  ports: PullPorts,
  context: SourceContext,
  stream: Stream,
  options: Pick<PermitOptions, 'holder' | 'invocationId' | 'fence' | 'requestMs'>,
): Permits {
  const costMilli = Math.round((stream.cost ?? 1) * 1000);
  const refusedWaitMs = (context.source.refusedWaitSeconds ?? 0) * 1000;
  const [first, ...others] = budgetsOf(context, stream).map((budget) =>
    openPermits(ports, budget, { ...options, costMilli, refusedWaitMs }),
  );
  if (first === undefined) throw new Error('a stream spends from one budget at least');
  return others.length === 0 ? first : together([first, ...others]);
}

/**
 * What one budget has granted is kept while another is waited for, unless the round leaves: then
 * it is given back, and what was waited for is booked.
 */
function together(all: readonly Permits[]): Permits {
  const each = async (act: (one: Permits) => Promise<void>): Promise<void> => {
    for (const one of all) await act(one);
  };
  return {
    async ready(...need) {
      for (const one of all) {
        const readiness = await one.ready(...need);
        if (readiness.kind === 'wait') return readiness;
      }
      return { kind: 'go' };
    },
    spent: (answered) => all.flatMap((one) => one.spent(answered)),
    /** Those whose limit is used up, as the answer says; where it says nothing, all of them. */
    async throttled(why, untilMs) {
      const named = all.filter((one) => one.saysUsedUp());
      for (const one of named.length > 0 ? named : all) await one.throttled(why, untilMs);
    },
    close: () => each((one) => one.close()),
    forgo: () => each((one) => one.forgo()),
    level: () => all.flatMap((one) => one.level() ?? []).sort(byShare)[0],
    saysUsedUp: () => all.some((one) => one.saysUsedUp()),
  };
}

const byShare = (one: Level, other: Level): number => other.spent / other.of - one.spent / one.of;
