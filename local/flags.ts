// The options that `run`, `check` and `plan` share.

export interface RunFlags {
  readonly stream?: readonly string[];
  readonly fullRefresh?: true;
  readonly sameData?: true;
  readonly lake: string;
  readonly state: string;
  readonly json?: true;
}

/** Folders, below the one that the command is started in. */
export const DEFAULTS = { lake: 'lake', state: '.driplake' } as const;
