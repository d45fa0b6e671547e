// A source made ready: its settings filled in, its scope named, its credentials connected.

import type { Allowance } from '../core/budget/budget.ts';
import { originOf } from '../core/page/request.ts';
import { withFirsts } from '../core/run/first.ts';
import { limitsOf } from '../core/source/api-limits.ts';
import type { Source, Stream } from '../core/source/source.ts';
import { fillSettings } from '../core/source/template/settings.ts';
import type { PullPorts } from './ports.ts';
import { type ConnectedCredentials, connectCredentials } from './sign/credentials.ts';

export interface SourceContext {
  readonly source: Source;
  readonly settings: Readonly<Record<string, string>>;
  /** Every request and every link stays on it. */
  readonly origin: string;
  readonly credentials: ConnectedCredentials;
  /** Whoever connects next reads the settings again: a person is asked to change one. */
  readonly outdate: () => void;
}

/** A budget that requests of a stream are spent from. */
export interface SharedBudget {
  /** Names the budget: whoever has the same scope spends from it. */
  readonly scope: string;
  readonly allowance: Allowance;
}

/** All that a stream spends from, in the order in which everybody asks for them. */
export function budgetsOf({ source, settings }: SourceContext, stream: Stream): SharedBudget[] {
  return limitsOf(source, stream).map(({ scope, limits }) => ({
    scope: fillSettings(scope, source, settings),
    allowance: { limits, shareForOthers: source.reserve ?? 0 },
  }));
}

interface Connected {
  readonly runId: string | undefined;
  readonly context: SourceContext;
}

/**
 * Reads the settings as they are now.
 * @param credentials connected before: they may hold tokens that could not be stored yet
 * @throws DriplakeError configuration or credentials, when a setting or a secret is missing
 */
export async function connectSource(
  ports: PullPorts,
  source: Source,
  credentials: ConnectedCredentials = connectCredentials({ ...ports, source }),
): Promise<SourceContext> {
  const settings = await credentials.settings();
  return {
    source: withFirsts(source, settings),
    settings,
    origin: originOf(source, settings),
    credentials,
    outdate: () => undefined,
  };
}

/**
 * Connects each source once a run, so that a process which outlives runs learns what its owner
 * has changed. One that could not be connected is tried again. Its credentials are those of the
 * process: all streams of a source share one renewal, and tokens that could not be stored yet.
 */
export function contexts(
  ports: PullPorts,
  sourceOf: (name: string) => Promise<Source>,
): (name: string, runId?: string) => Promise<SourceContext> {
  const signIns = new Map<string, ConnectedCredentials>();
  const known = new Map<string, Connected>();
  return async (name, runId) => {
    const last = known.get(name);
    if (last && last.runId === runId) return last.context;
    const source = await sourceOf(name);
    const credentials = signIns.get(name) ?? connectCredentials({ ...ports, source });
    signIns.set(name, credentials);
    const connected = await connectSource(ports, source, credentials);
    const context = { ...connected, outdate: () => void known.delete(name) };
    known.set(name, { runId, context });
    return context;
  };
}
