// What a run tells a person of its streams: why they failed, and what they warn of.

import type { StreamReport } from './report.ts';

/** One line a cause, with the streams that share it; that of a stream that is done is a warning. */
export function causes(
  streams: readonly Pick<StreamReport, 'stream' | 'cause' | 'warnings'>[],
): string[] {
  const shared = new Map<string, string[]>();
  for (const { stream, cause, warnings } of streams) {
    if (!cause) continue;
    const told = warnings ? `warning: ${cause}` : cause;
    shared.set(told, [...(shared.get(told) ?? []), stream]);
  }
  return [...shared].map(([told, names]) => `${names.join(', ')}: ${told}`);
}
