// A source made ready: its settings filled in, its scope named, its credentials connected.

import type { Allowance } from '../core/budget.ts';
import { originOf } from '../core/request.ts';
import { fillSettings } from '../core/settings.ts';
import type { Source } from '../core/source.ts';
import { type ConnectedCredentials, connectCredentials } from './credentials.ts';
import type { PullPorts } from './ports.ts';

export interface SourceContext {
  readonly source: Source;
  readonly settings: Readonly<Record<string, string>>;
  /** Names the budget: whoever has the same scope spends from it. */
  readonly scope: string;
  readonly allowance: Allowance;
  /** Every request and every link stays on it. */
  readonly origin: string;
  readonly credentials: ConnectedCredentials;
}

/** @throws DriplakeError configuration or credentials, when a setting or a secret is missing */
export async function connectSource(ports: PullPorts, source: Source): Promise<SourceContext> {
  const credentials = connectCredentials({ ...ports, source });
  const settings = await credentials.settings();
  return {
    source,
    settings,
    scope: fillSettings(source.scope ?? source.name, source.settings, settings),
    allowance: { limits: source.limits ?? [], reserve: source.reserve ?? 0 },
    origin: originOf(source, settings),
    credentials,
  };
}

/** Connects each source once. One that could not be connected is tried again. */
export function contexts(
  ports: PullPorts,
  sourceOf: (name: string) => Promise<Source>,
): (name: string) => Promise<SourceContext> {
  const known = new Map<string, SourceContext>();
  return async (name) => {
    const context = known.get(name) ?? (await connectSource(ports, await sourceOf(name)));
    known.set(name, context);
    return context;
  };
}
