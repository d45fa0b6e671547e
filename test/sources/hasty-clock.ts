// Who sleeps finds the time gone, for waits that no test should sit through: two refreshes of a
// token are 20 s apart.

import type { Clock } from '../../shared/ports/clock.ts';

export function hastyClock(): Clock {
  let sleptMs = 0;
  return {
    nowMs: () => Date.now() + sleptMs,
    async sleep(ms) {
      if (ms > 0) sleptMs += Math.ceil(ms);
    },
  };
}
