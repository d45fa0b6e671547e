// What the sync machine is started with, as `run` and `start` make it of what a person asked.

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
