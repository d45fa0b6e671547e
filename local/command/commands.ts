// The commands of `driplake`, in the order of its help. A new one is a file and a line here.

import { logs } from '../operate/logs.ts';
import { redrive } from '../operate/redrive.ts';
import { start } from '../operate/start.ts';
import { stop } from '../operate/stop.ts';
import type { DriplakeCommand } from '../usage/command.ts';
import { check } from './check.ts';
import { compact } from './compact.ts';
import { exportRows } from './export.ts';
import { plan } from './plan.ts';
import { queries } from './queries.ts';
import { query } from './query.ts';
import { run } from './run.ts';
import { runs } from './runs.ts';
import { sources } from './sources.ts';
import { status } from './status.ts';

export const COMMANDS: readonly DriplakeCommand[] = [
  ...[run, check, plan, sources],
  ...[query, queries, exportRows, compact],
  ...[status, runs],
  ...[start, logs, stop, redrive],
];
