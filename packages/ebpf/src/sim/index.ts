/**
 * The simulated kernel: write, run and test programs without privileges.
 * @module
 */
export type { Injection } from "./injection.ts";
export {
  createSimulatedKernel,
  SimulatedKernel,
  type SimulatedKernelOptions,
} from "./simulated-kernel.ts";
export { createMachine } from "./vm/create-machine.ts";
export { type FaultKind, MachineFault } from "./vm/fault.ts";
export type {
  Engine,
  Environment,
  Helper,
  Machine,
  MachineOptions,
  Program,
  Step,
} from "./vm/machine.ts";
export { Memory, type Region, type RegionAccess, type RegionOptions } from "./vm/memory.ts";
export type { SimulatedTask, World } from "./world.ts";
