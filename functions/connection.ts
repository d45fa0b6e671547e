// What a handler is connected to. In AWS `connect-ports.ts` makes it, locally `local/`.

import type { Source } from '../shared/core/source.ts';
import type { SourceContext } from '../shared/pull/context.ts';
import type { Ports } from '../shared/pull/ports.ts';

export interface Connection {
  readonly ports: Ports;
  /** @throws DriplakeError configuration */
  sourceOf(name: string): Promise<Source>;
  /** @throws DriplakeError configuration, credentials */
  contextOf(name: string): Promise<SourceContext>;
  /** Waits up to this are slept through inside the function. */
  readonly breakEvenSeconds: number;
  /** Whether the holder of a lease is known to be dead. */
  isGone(holder: string): Promise<boolean>;
  /** Stops rounds early. */
  readonly signal?: AbortSignal;
}

/** The part of Lambda's context that a handler reads. */
export interface Invocation {
  getRemainingTimeInMillis(): number;
}

export type Handler = (event: unknown, invocation: Invocation) => Promise<object>;

/** A handler, given how to connect; connected once, at the first event. */
export type HandlerOf = (connect: () => Promise<Connection>) => Handler;
