/**
 * Tools for testing programs that use eBPF. Unstable: may change in any release.
 * @module
 */
export type { Redirect } from "../lang/simulation/helpers/helper-table.ts";
export { NotSimulatedError } from "../lang/simulation/not-simulated-error.ts";
export { type RunningSimulation, simulate } from "../lang/simulation/simulate.ts";
export { Simulation } from "../lang/simulation/simulation.ts";
export type { PlayedFunction, SimulationOptions } from "../lang/simulation/simulation-options.ts";
export type { UserMap } from "../lang/simulation/user-map.ts";
export { capabilities, type Capability, whyMissing } from "./capabilities.ts";
export { makeCgroup, type TestCgroup } from "./cgroup.ts";
export { descriptorsSince, type OpenDescriptor, openDescriptors } from "./descriptors.ts";
export { BrokenPromiseError, needs, type NeedsOptions } from "./needs.ts";
export { inNetNamespace, makeVethPair, type VethPair } from "./net-namespace.ts";
export { promises } from "./promises.ts";
export {
  type ConnectedSockets,
  connectedSockets,
  descriptorOf,
  portOf,
  type TestSocket,
} from "./sockets.ts";
