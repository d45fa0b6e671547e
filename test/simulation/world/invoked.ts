// What is known of an invocation of a function while it runs, and how one ends that was killed.

export type TaskName = 'PlanRun' | 'PullPages' | 'FinishStream' | 'FinishRun' | 'Compact';

/** What is known of one invocation while it runs. */
export interface Invocation {
  readonly id: number;
  readonly task: TaskName;
  readonly doubled: boolean;
  /** The claim that it works under; absent for a plan and a close. */
  readonly claim: Claim | undefined;
  /** Milliseconds that its clock is ahead. */
  skewMs: number;
  /** True when its machine has given it up. */
  orphaned: boolean;
  /** True when it makes no progress any more. */
  killed: boolean;
  /** True time at which it is killed. */
  readonly endsAtMs: number;
}

export interface Claim {
  readonly stream: string;
  readonly runId: string;
  readonly fence: number;
}

/** How an execution is known to the functions that work for it. */
export interface Employer {
  readonly id: string;
  /** Milliseconds that the clock of its machine is ahead. */
  readonly aheadMs: number;
  /** Whether it has ended or was stopped. */
  over: boolean;
  invocations: Set<Invocation>;
}

/** Thrown out of every call of a function that was killed. */
export class Killed extends Error {
  override readonly name = 'Sandbox.Timedout';
}

/** What a machine sees go wrong. */
export function named(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}
