// Ctrl-C, politely: the first one asks the work to come to an end that keeps everything, the second
// one ends the process.

/**
 * A terminal sends Ctrl-C to everyone in front of it, and whoever started us (npx, the shell) may
 * pass it on: within this it is the same one, ms.
 */
const SAME_SIGNAL_MS = 500;

export interface Interruption {
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Leaves signals to Node again. */
  dispose(): void;
}

/** @param first what is done now, for people: `what was fetched is landed first` */
export function interruption(first: string): Interruption {
  const controller = new AbortController();
  let firstMs = 0;
  const onSignal = (): void => {
    if (controller.signal.aborted && performance.now() - firstMs < SAME_SIGNAL_MS) return;
    if (controller.signal.aborted) process.exit(130);
    firstMs = performance.now();
    process.stderr.write(`\nStopping: ${first}. Ctrl-C again stops at once.\n`);
    controller.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    dispose: () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal),
  };
}
