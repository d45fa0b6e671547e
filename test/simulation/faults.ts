// The kinds of faults, the steps of the protocol that they strike, and the table that counts which
// of them met. A pair that never met has not been shown to be survived.

/** What strikes a call of a service. */
export const CALL_FAULTS = [
  /** The call fails and nothing happened. */
  'before',
  /** The call fails although it happened. */
  'after',
  /** The call fails, and happens later, when nobody thinks of it any more. */
  'late',
  /** The function dies before the call, or right after it. */
  'killed-before',
  'killed-after',
  /** The call takes minutes. */
  'stalled',
  /** The function is frozen in the call until its stream has been claimed again, or for hours. */
  'frozen',
  /** The service refuses every call for some seconds. */
  'throttled',
] as const;

/** What is wrong with the function that makes a call. */
export const CALLER_FAULTS = [
  /** Its clock is ahead or behind. */
  'skewed',
  /** Its clock jumps at this call. */
  'jumped',
  /** Its clock is hours or days ahead. */
  'far-ahead',
  /** Its clock is hours or days behind. */
  'far-behind',
  /** Its clock is set by hours or days at this call: to a wrong time, or right again. */
  'leapt',
  /** It is the second of two that were started for one task. */
  'doubled',
  /** The machine has given it up and goes on without it. */
  'orphaned',
  /** Another claim of its stream has been made since it was started. */
  'superseded',
] as const;

/** What the API does wrong; all of it strikes the fetch. */
export const API_FAULTS = ['error', 'timeout', 'cut-off', 'damaged', 'empty', 'refused'] as const;

/** What the API does on its own account: an access token ends while it is in use. */
export const SIGN_IN_FAULTS = ['expired'] as const;

/**
 * What the API says of a walk, for which the source has a verdict: a page behind the last one, a
 * page without rows in between, a cursor that it has forgotten.
 */
export const WALK_ANSWERS = ['end', 'hole', 'dead-cursor'] as const;

/** What goes wrong around the functions. */
export const MACHINE_FAULTS = ['not-started', 'stopped', 'two-at-once', 'long-pause'] as const;

export const STEPS = [
  'claim',
  'read',
  'lake-id',
  'list',
  'take',
  'fetch',
  'land',
  'commit',
  'settle',
  'finish-verify',
  'manifest',
  'finish-commit',
  'run-close',
  'compact-look',
  'compact-land',
  'compact-move',
  'compact-swap',
  'compact-clear',
] as const;

export type CallFault = (typeof CALL_FAULTS)[number];
export type CallerFault = (typeof CALLER_FAULTS)[number];
export type ApiFault = (typeof API_FAULTS)[number];
export type SignInFault = (typeof SIGN_IN_FAULTS)[number];
export type WalkAnswer = (typeof WALK_ANSWERS)[number];
export type MachineFault = (typeof MACHINE_FAULTS)[number];
export type Fault = CallFault | CallerFault | ApiFault | SignInFault | WalkAnswer | MachineFault;
export type Step = (typeof STEPS)[number];

/** Counts, by `fault` or `fault step`; plain data, so that threads can send theirs. */
export type Coverage = Record<string, number>;

export function count(coverage: Coverage, fault: Fault, step?: Step): void {
  const key = step === undefined ? fault : `${fault} ${step}`;
  coverage[key] = (coverage[key] ?? 0) + 1;
}

export function add(into: Coverage, more: Coverage): void {
  for (const [key, times] of Object.entries(more)) into[key] = (into[key] ?? 0) + times;
}

/** Whether a fault can strike a step at all: some hold no claim to lose. */
const canMeet = (fault: CallFault | CallerFault, step: Step): boolean =>
  fault !== 'superseded' || !(step === 'claim' || step === 'run-close' || step.startsWith('comp'));

/** Every pair that has not met. */
export function gaps(coverage: Coverage): string[] {
  const pairs = [...CALL_FAULTS, ...CALLER_FAULTS].flatMap((fault) =>
    STEPS.filter((step) => canMeet(fault, step)).map((step) => `${fault} ${step}`),
  );
  const around = [...API_FAULTS, ...SIGN_IN_FAULTS, ...WALK_ANSWERS, ...MACHINE_FAULTS];
  return [...pairs, ...around].filter((key) => (coverage[key] ?? 0) === 0);
}

/** The counts as a table for people. */
export function table(coverage: Coverage): string {
  const wide = (text: string | number): string => String(text).padStart(14);
  const rows = [...CALL_FAULTS, ...CALLER_FAULTS].map((fault) => {
    const cells = STEPS.map((step) =>
      canMeet(fault, step) ? (coverage[`${fault} ${step}`] ?? 0) : '-',
    );
    return fault.padEnd(14) + cells.map(wide).join('');
  });
  const others = [...API_FAULTS, ...SIGN_IN_FAULTS, ...WALK_ANSWERS, ...MACHINE_FAULTS].map(
    (fault) => `${fault} ${coverage[fault] ?? 0}`,
  );
  const head = ''.padEnd(14) + STEPS.map(wide).join('');
  return [head, ...rows, '', `API and machine: ${others.join(', ')}`].join('\n');
}
