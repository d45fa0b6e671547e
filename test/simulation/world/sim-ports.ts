// The ports of the simulation, with or without what strikes in them.

import type { Lake, LakeKeeping } from '../../../shared/ports/lake/lake.ts';
import type { Ports } from '../../../shared/pull/ports.ts';

/** What every handler is connected to, the one that removes objects too. */
export type SimPorts = Ports & { readonly lake: Lake & LakeKeeping };
