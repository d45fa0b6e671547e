// Loaded into a `driplake` process before anything else (`node --import`): kills it with SIGKILL
// right before the call on the lake that DRIPLAKE_DIES_BEFORE names, such as `link#1`, its first
// `link`. DRIPLAKE_HOURS_AHEAD puts its clock forward.

import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const [wanted = '', times] = (process.env['DRIPLAKE_DIES_BEFORE'] ?? '').split('#');
let left = Number(times);

const aheadMs = Number(process.env['DRIPLAKE_HOURS_AHEAD'] ?? 0) * 3_600_000;
const { now } = Date;
Date.now = () => now() + aheadMs;

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
