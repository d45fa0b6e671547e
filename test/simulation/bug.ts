// A deliberate bug: the ports with something wrong in them, for the simulation to find.

import type { Invocation } from './world/invoked.ts';
import type { SimPorts } from './world/sim-ports.ts';
import type { World } from './world/world.ts';

export type Bug = (ports: SimPorts, invocation: Invocation, world: World) => SimPorts;
