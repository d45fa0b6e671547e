// The names under which things go wrong, and the one error class that carries them to a person:
// what happened, where, and what to do. Expected endings are unions, not these.

/** Names that state machines, logs and exit codes see. Infra imports them. */
export const Failure = {
  configuration: 'Driplake.Configuration',
  unreachable: 'Driplake.Unreachable',
  failed: 'Driplake.Failed',
  stuck: 'Driplake.Stuck',
  damaged: 'Driplake.Damaged',
  lake: 'Driplake.Lake',
  ledger: 'Driplake.Ledger',
  catalogue: 'Driplake.Catalogue',
  credentials: 'Driplake.Credentials',
  incomplete: 'Driplake.Incomplete',
  /** The sync machine's own: its cause lists the streams. */
  streamsFailed: 'Driplake.StreamsFailed',
  /** The drain machine's own: a bug. */
  unknownOutcome: 'Driplake.UnknownOutcome',
} as const;

export type FailureName = (typeof Failure)[keyof typeof Failure];

/** A fault with a one-line cause and a one-line remedy. It never carries a credential. */
export class DriplakeError extends Error {
  readonly remedy: string;
  override readonly name: FailureName;

  constructor(name: FailureName, message: string, remedy: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = name;
    this.remedy = remedy;
  }
}

/** A line for any thrown value; our own errors bring their remedy along, and lists their lines. */
export function explain(error: unknown): string {
  if (error instanceof DriplakeError) {
    // Behind a list of faults, a remedy would look like a part of the last one.
    const gap = error.message.includes('\n') ? '\n' : ' ';
    return `${error.message}${gap}${error.remedy}`.trim();
  }
  if (error instanceof Error) return `${error.name}: ${firstLine(error.message)}`;
  return firstLine(String(error));
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';
