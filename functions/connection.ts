// What a handler is connected to, no more than it needs: a bundle holds the clients of its own
// function only. In AWS `connect-*.ts` make these, locally `local/`.

import type { Source } from '../shared/core/source/source.ts';
import type { CompactPorts } from '../shared/pull/compact/compact-run.ts';
import type { SourceContext } from '../shared/pull/context.ts';
import type { LedgerPorts, Ports, PublishPorts, PullPorts } from '../shared/pull/ports.ts';

/** Plans and closes runs. */
export interface LedgerConnection {
  readonly ports: LedgerPorts;
  /** @throws DriplakeError configuration */
  sourceOf(name: string): Promise<Source>;
  /** Whether the holder of a lease is known to be dead. */
  isGone(holder: string): Promise<boolean>;
}

/** Publishes streams too. */
export interface PublishConnection extends LedgerConnection {
  readonly ports: PublishPorts;
}

/** Pulls pages too. */
export interface PullConnection extends LedgerConnection {
  readonly ports: PullPorts;
  /**
   * With the settings as they were when this process first saw the run.
   * @throws DriplakeError configuration, credentials
   */
  contextOf(name: string, runId?: string): Promise<SourceContext>;
  /** Waits up to this are slept through inside the function. */
  readonly breakEvenSeconds: number;
  /** Stops rounds early. */
  readonly signal?: AbortSignal;
}

/** Merges and removes. */
export interface CompactConnection {
  readonly ports: CompactPorts;
  /** Stored bytes that a merged object should have. */
  readonly mergedBytes: number;
}

/** Does everything. */
export interface Connection extends PullConnection {
  readonly ports: Ports;
}

/** The part of Lambda's context that a handler reads. */
export interface Invocation {
  getRemainingTimeInMillis(): number;
}

export type Handler = (event: unknown, invocation: Invocation) => Promise<object>;

/** A handler, given how to connect; connected once, at the first event. */
export type HandlerOf<Needs = Connection> = (connect: () => Promise<Needs>) => Handler;
