// The options that `run`, `check` and `plan` share, and what `run` and `start` make of them.

export interface RunFlags {
  readonly stream?: readonly string[];
  readonly fullRefresh?: true;
  readonly sameData?: true;
  readonly lake: string;
  readonly state: string;
  readonly json?: true;
}

/** What the sync machine is started with. */
export const inputOf = (
  source: string,
  streams: readonly string[],
  { fullRefresh, sameData }: { readonly fullRefresh?: boolean; readonly sameData?: boolean },
) => ({
  source,
  ...(streams.length > 0 ? { streams: [...streams] } : {}),
  ...(fullRefresh ? { fullRefresh } : {}),
  ...(sameData ? { sameData } : {}),
});

/** Folders, below the one that the command is started in. */
export const DEFAULTS = { lake: 'lake', state: '.driplake' } as const;
