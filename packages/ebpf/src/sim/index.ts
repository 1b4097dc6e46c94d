/**
 * The simulated kernel: write, run and test programs without privileges.
 * @module
 */
export { formatStep, formatTrace, formatWord } from "./debug/format-trace.ts";
export type { Outcome, RecordedStep, Recording, RecordOptions, Watch } from "./debug/recording.ts";
export { type Breakpoint, hasChanged, Stepper, type Stops, type Watched } from "./debug/stepper.ts";
export type { Checking } from "./command/verify.ts";
export { declaredKernel, type KernelDeclaration } from "./declaration.ts";
export type { SettingValue } from "./attach/kernel-files.ts";
export type { ProgramFile, UsdtSite } from "./attach/program-file.ts";
export type { CgroupDecision, CgroupEventOptions, GivenSegment } from "./fire/cgroup.ts";
export type { Dissection } from "./fire/dissect.ts";
export { Fire } from "./fire/fire.ts";
export type { Call, Called, SystemCall } from "./fire/function.ts";
export type { Lookup, NetfilterPacket, Sample } from "./fire/hook.ts";
export type { PacketFate } from "./fire/packet.ts";
export { happen, type Happening } from "./fire/replay.ts";
export type { RouteFate } from "./fire/route.ts";
export type { Run } from "./fire/run.ts";
export type { GivenContext, GivenRun } from "./fire/run-given.ts";
export type { MessageFate, ReuseportChoice, SocketFate, StreamFate } from "./fire/socket.ts";
export type { StructOpsCall } from "./fire/struct-ops.ts";
export type { SettingAccess, SettingDecision } from "./fire/sysctl.ts";
export type { KfuncResult } from "./helper/declared-kfunc.ts";
export type { RemoteEvent } from "./helper/remote-control.ts";
export type { InodeHash } from "./helper/security.ts";
export type { Acknowledgement } from "./helper/socket.ts";
export type { EventLoss, Injection } from "./injection.ts";
export type { Found, FoundObject, Given, GivenObject } from "./typed/given.ts";
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
export type { Mapping, SimulatedTask, World } from "./world.ts";
