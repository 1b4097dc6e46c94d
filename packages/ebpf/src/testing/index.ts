/**
 * Tools for testing programs that use eBPF. Unstable: may change in any release.
 * @module
 */
export type { Redirect } from "../simulate/helpers/helper-table.ts";
export { NotSimulatedError } from "../simulate/not-simulated-error.ts";
export { type RunningSimulation, simulate } from "../simulate/simulate.ts";
export { Simulation } from "../simulate/simulation.ts";
export type { PlayedFunction, SimulationOptions } from "../simulate/simulation-options.ts";
export type { UserMap } from "../simulate/user-map.ts";
export { assertBytes, assertErrno, type ErrnoName } from "./assertions.ts";
export { Coverage } from "./coverage/coverage.ts";
export type {
  BranchCounts,
  CoverageReport,
  FileCoverage,
  ProgramCoverage,
  Share,
} from "./coverage/report.ts";
export { capabilities, type Capability, whyMissing } from "./capabilities.ts";
export { makeCgroup, type TestCgroup } from "./cgroup.ts";
export { descriptorsSince, type OpenDescriptor, openDescriptors } from "./descriptors.ts";
export { BrokenPromiseError, needs, type NeedsOptions } from "./needs.ts";
export { inNetNamespace, makeVethPair, type VethPair } from "./net-namespace.ts";
export { packetDifferences } from "./packet/differences.ts";
export type {
  GivenLayer,
  GivenLayerOf,
  Ipv4Flag,
  Layer,
  LayerFields,
  LayerKind,
  LayerOf,
  TcpFlag,
} from "./packet/layer.ts";
export {
  ethernet,
  type Given,
  type LinkPacket,
  type NetworkPacket,
  type Packet,
  type TransportPacket,
} from "./packet/packet.ts";
export { parsePacket } from "./packet/parse.ts";
export {
  benchmark,
  type Benchmark,
  type BenchmarkInput,
  measure,
  type Measured,
  type MeasureOptions,
} from "./performance/benchmark.ts";
export { type Change, type ChangeOptions, findChanges } from "./performance/changes.ts";
export {
  type Acceptance,
  appendHistory,
  type History,
  type HistoryEntry,
  type Measurement,
  type Metric,
  readHistory,
} from "./performance/history.ts";
export { measuredOn, type MeasuredOn } from "./performance/machine.ts";
export type { Ratio } from "./performance/ranks.ts";
export { type Trend, type TrendKind, type TrendOptions, trendsIn } from "./performance/trend.ts";
export {
  argumentContext,
  type LookupGiven,
  packetContext,
  skLookupContext,
  type SocketEnd,
} from "./program/context.ts";
export { type Fixture, programFixture, withProgram } from "./program/fixture.ts";
export { ExpectationError } from "./program/expectation-error.ts";
export { instructionText } from "./program/instruction-text.ts";
export { ProgramRun, type RunOutcome } from "./program/program-run.ts";
export { ProgramTest, type ProgramTestHold } from "./program/program-test.ts";
export type { RunInput } from "./program/run-input.ts";
export type { TestedIn } from "./program/test-kernel.ts";
export { testObject, type TestObjectOptions } from "./program/test-object.ts";
export { testProgram, type TestedSpec, type TestProgramOptions } from "./program/test-program.ts";
export type { VerdictOf } from "./program/verdicts.ts";
export { promises } from "./promises.ts";
export {
  type ConnectedSockets,
  connectedSockets,
  descriptorOf,
  portOf,
  type TestSocket,
} from "./sockets.ts";
