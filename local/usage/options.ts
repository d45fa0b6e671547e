// Options that several commands share: declared once, so that they mean and say the same in all.

import type { OptionSpec } from './command.ts';

/** Folders, below the one that the command is started in. */
export const DEFAULTS = { lake: 'lake', state: '.driplake' } as const;

export const lake = {
  takes: '<dir>',
  about: 'folder of the lake',
  default: DEFAULTS.lake,
  env: 'DRIPLAKE_LAKE_DIR',
} as const satisfies OptionSpec;

export const state = {
  takes: '<dir>',
  about: 'folder of cursors, budgets and tokens',
  default: DEFAULTS.state,
  env: 'DRIPLAKE_STATE_DIR',
} as const satisfies OptionSpec;

export const stream = {
  short: '-s',
  takes: '<name>',
  about: 'only this stream; may be repeated',
  repeated: true,
} as const satisfies OptionSpec;

export const fullRefresh = {
  about: 'read everything again, whatever was read before',
} as const satisfies OptionSpec;

/** The opposite of a full refresh, for a source that is rejected for its new address. */
export const sameData = {
  about: 'the source has moved, its data is the same: go on',
  conflicts: 'fullRefresh',
} as const satisfies OptionSpec;

export const json = { about: 'print one JSON object on stdout' } as const satisfies OptionSpec;

export const SOURCE = {
  name: '<source>',
  about: 'name of a source, or path of a source file',
} as const;

export const EXIT_CODES =
  'Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted with its state kept.';
