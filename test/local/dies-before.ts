// Loaded into a `driplake` process before anything else (`node --import`): kills it with SIGKILL
// right before the call on the lake that DRIPLAKE_DIES_BEFORE names, such as `link#1`, its first
// `link`. DRIPLAKE_HOURS_AHEAD puts its clock forward, and that of the file system: what is written
// from now on is so many hours younger than what lies there.

import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const [wanted = '', times] = (process.env['DRIPLAKE_DIES_BEFORE'] ?? '').split('#');
let left = Number(times);

const aheadMs = Number(process.env['DRIPLAKE_HOURS_AHEAD'] ?? 0) * 3_600_000;
const { now } = Date;
const bornMs = now();
Date.now = () => now() + aheadMs;

const { stat } = fs;
Object.assign(fs, {
  async stat(...args: Parameters<typeof stat>) {
    const found = await stat(...args);
    for (const time of ['mtimeMs', 'ctimeMs'] as const) {
      const isNew = typeof found[time] === 'number' && found[time] >= bornMs;
      if (isNew) Object.assign(found, { [time]: Number(found[time]) + aheadMs });
    }
    return found;
  },
});
syncBuiltinESMExports();

const call: unknown = Object.entries(fs).find(([name]) => name === wanted)?.[1];
if (typeof call === 'function') {
  const dying = (...args: readonly unknown[]): unknown => {
    const onLake = /[/\\]lake([/\\]|$)/.test(String(args[0]));
    if (onLake && --left === 0) process.kill(process.pid, 'SIGKILL');
    return call(...args);
  };
  Object.assign(fs, { [wanted]: dying });
  syncBuiltinESMExports();
}
