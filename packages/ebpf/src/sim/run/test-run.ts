/**
 * Test runs: a program on a packet or context that somebody gives (net/bpf/test_run.c).
 *
 * What a program reads from its context is made when it reads it: a field of 4 bytes may give an address. Which inputs a
 * type of program takes, and which fields of a given context count, is the kernel's rule.
 * @module
 */
import type { ProgTestRun, ProgTestRunResult } from "../../kernel/commands.ts";
import type { ProgramType } from "../../spec/words.ts";
import { errno } from "../../kernel/errno.ts";
import type { SimulatedSocket } from "../attach/simulated-socket.ts";
import type { Invocation } from "../helper/context.ts";
import type { Statistics } from "../statistics.ts";
import type { World } from "../world.ts";
import { failed } from "../errno.ts";
import type { Packet } from "../packet.ts";
import type { SimulatedProgram } from "../program.ts";
import type { Machine } from "../vm/machine.ts";
import { dissectorRun, ethernetBytes } from "./flow-dissection.ts";
import { lookupRun } from "./lookup-run.ts";
import { runSkb, runXdp } from "./packet-test-run.ts";

/** What a test run needs of the kernel. */
export interface Runner {
  readonly machine: Machine;
  readonly packet: Packet;
  readonly world: World;
  readonly statistics: Statistics;
  readonly cpuCount: number;
  /** The run that helpers are asked by. */
  readonly current: Invocation;
  socketAt(address: bigint): SimulatedSocket | undefined;
}

/** How programs of a type are run. Returns a negated errno when the input is none for it. */
export type TestRun = (
  runner: Runner,
  program: SimulatedProgram,
  input: ProgTestRun,
) => ProgTestRunResult | number;

/** Runs `program`; a negated errno when its type does not take the input, or takes none at all. */
export function testRun(
  runner: Runner,
  program: SimulatedProgram,
  input: ProgTestRun,
): ProgTestRunResult | number {
  const run = runs[program.attributes.progType];
  return run === undefined ? failed.notSupported : run(runner, program, input);
}

/** Runs a program once on memory that is its context. */
export function runOnBytes(
  { machine, statistics, world }: Runner,
  program: SimulatedProgram,
  context: Uint8Array,
): bigint {
  const region = machine.memory.allocate("context", context);
  try {
    const start = world.now;
    const result = machine.run(program.program, region);
    statistics.count(program, start);
    return result;
  } finally {
    machine.memory.free(region);
  }
}

const runSyscall: TestRun = (runner, program, input) => {
  const { ctxIn, dataIn, ctxOut, dataOut, repeat, cpu } = input;
  const others = [dataIn, ctxOut, dataOut, repeat, cpu];
  if (others.some((it) => it !== undefined)) return failed.invalid;
  const result = runOnBytes(runner, program, ctxIn ?? new Uint8Array());
  return { retval: Number(result & 0xffff_ffffn), durationNs: 0, dataSizeOut: 0, ctxSizeOut: 0 };
};

const runRawTracepoint: TestRun = (runner, program, input) => {
  const { ctxIn, dataIn, ctxOut, dataOut, repeat, cpu, flags = [] } = input;
  if ([dataIn, ctxOut, dataOut, repeat].some((it) => it !== undefined)) return failed.invalid;
  const isOnCpu = flags.includes("run_on_cpu");
  if (!isOnCpu && (cpu ?? 0) !== 0) return failed.invalid;
  if (isOnCpu && (cpu ?? 0) >= runner.cpuCount) return -errno.ENXIO;
  const { world } = runner;
  const before = world.cpu;
  if (isOnCpu) world.cpu = cpu ?? 0;
  const result = runOnBytes(runner, program, ctxIn?.slice() ?? new Uint8Array());
  world.cpu = before;
  return { retval: Number(result & 0xffff_ffffn), durationNs: 0, dataSizeOut: 0, ctxSizeOut: 0 };
};

const runs: { readonly [Type in ProgramType]?: TestRun } = {
  flow_dissector: dissectorRun,
  sk_lookup: lookupRun,
  xdp: runXdp,
  sched_cls: runSkb(0),
  sched_act: runSkb(0),
  lwt_xmit: runSkb(ethernetBytes),
  lwt_in: runSkb(ethernetBytes),
  lwt_out: runSkb(ethernetBytes),
  socket_filter: runSkb(ethernetBytes),
  cgroup_skb: runSkb(ethernetBytes),
  syscall: runSyscall,
  raw_tracepoint: runRawTracepoint,
};
