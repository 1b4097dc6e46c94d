/**
 * Test runs: a program on a packet or context that somebody gives (net/bpf/test_run.c).
 *
 * What a program reads from its context is made when it reads it: a field of 4 bytes may give an address. Which inputs a
 * type of program takes, and which fields of a given context count, is the kernel's rule.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import type { ProgTestRun, ProgTestRunResult } from "../../kernel/commands.ts";
import type { ProgramType } from "../../spec/words.ts";
import { errno } from "../../kernel/errno.ts";
import type { World } from "../world.ts";
import { failed } from "../errno.ts";
import type { Packet } from "../packet.ts";
import type { SimulatedProgram } from "../program.ts";
import type { Machine } from "../vm/machine.ts";
import { contextAccess, type Fields, skbFields, xdpFields } from "./packet-context.ts";

/** What a test run needs of the kernel. */
export interface Runner {
  readonly machine: Machine;
  readonly packet: Packet;
  readonly world: World;
  readonly cpuCount: number;
}

/** How programs of a type are run. Returns a negated errno when the input is none for it. */
type Run = (
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

/** Bytes of an Ethernet header: the least a packet has. */
const ethernetBytes = 14;
/** Largest number of runs: `repeat` is a signed number in the kernel. */
const usualRuns = 1;

const runXdp: Run = (runner, program, input) => {
  const { dataIn, ctxIn } = input;
  if (dataIn === undefined || dataIn.length < ethernetBytes) return failed.invalid;
  const context = new Uint8Array(24);
  if (ctxIn !== undefined) {
    const view = viewOf(ctxIn);
    if (ctxIn.length < 24 || view.getUint32(4, true) !== dataIn.length) return failed.invalid;
    if (view.getUint32(0, true) !== 0) return failed.invalid;
    context.set(ctxIn.subarray(0, 24));
  }
  return runPackets(runner, program, { input, context, hidden: 0, fields: xdpFields });
};

const runSkb =
  (hidden: number): Run =>
  (runner, program, input) => {
    const { dataIn, ctxIn } = input;
    if (dataIn === undefined || dataIn.length < ethernetBytes) return failed.invalid;
    const context = new Uint8Array(skbBytes);
    if (ctxIn !== undefined) context.set(ctxIn.subarray(0, skbBytes));
    const view = viewOf(context);
    view.setUint32(16, viewOf(dataIn).getUint16(12, true), true);
    view.setUint32(40, 1, true);
    if (view.getUint32(36, true) === 0) view.setUint32(36, 1, true);
    return runPackets(runner, program, { input, context, hidden, fields: skbFields });
  };

/** Bytes of `struct __sk_buff`. */
const skbBytes = 192;

/** What is run on packets, and how its context is made. */
interface PacketRun {
  readonly input: ProgTestRun;
  readonly context: Uint8Array;
  /** Bytes of the packet in front of what the program sees. */
  readonly hidden: number;
  readonly fields: Fields;
}

function runPackets(
  { machine, packet }: Runner,
  program: SimulatedProgram,
  { input, context, hidden, fields }: PacketRun,
): ProgTestRunResult {
  const dataIn = input.dataIn!;
  const region = machine.memory.allocate("context", context.length, {
    access: contextAccess(context, fields, packet),
  });
  let result = 0n;
  try {
    packet.load(dataIn, hidden);
    for (let turn = Math.max(usualRuns, input.repeat ?? 0); turn > 0; turn--) {
      result = machine.run(program.program, region);
      program.runs += 1n;
    }
  } finally {
    machine.memory.free(region);
  }
  const left = packet.bytes(hidden);
  input.dataOut?.set(left.subarray(0, input.dataOut.length));
  const ctxSizeOut = finishContext(input, context, packet, fields === xdpFields);
  return {
    retval: Number(result & 0xffff_ffffn),
    durationNs: 0,
    dataSizeOut: left.length,
    ctxSizeOut,
  };
}

/** Writes the context back, with lengths in place of addresses; returns its bytes. */
function finishContext(
  { ctxIn, ctxOut }: ProgTestRun,
  context: Uint8Array,
  packet: Packet,
  isXdp: boolean,
): number {
  if (ctxOut === undefined || ctxIn === undefined) return 0;
  const view = viewOf(context);
  if (isXdp) {
    view.setUint32(0, packet.start - packet.meta, true);
    view.setUint32(4, packet.end - packet.meta, true);
    view.setUint32(8, 0, true);
  } else view.setUint32(0, packet.length, true);
  ctxOut.set(context.subarray(0, ctxOut.length));
  return Math.min(context.length, ctxOut.length);
}

/** Runs a program once on memory that is its context. */
export function runOnBytes(
  { machine }: Runner,
  program: SimulatedProgram,
  context: Uint8Array,
): bigint {
  const region = machine.memory.allocate("context", context);
  try {
    program.runs += 1n;
    return machine.run(program.program, region);
  } finally {
    machine.memory.free(region);
  }
}

const runSyscall: Run = (runner, program, input) => {
  const { ctxIn, dataIn, ctxOut, dataOut, repeat, cpu } = input;
  const others = [dataIn, ctxOut, dataOut, repeat, cpu];
  if (others.some((it) => it !== undefined)) return failed.invalid;
  const result = runOnBytes(runner, program, ctxIn ?? new Uint8Array());
  return { retval: Number(result & 0xffff_ffffn), durationNs: 0, dataSizeOut: 0, ctxSizeOut: 0 };
};

const runRawTracepoint: Run = (runner, program, input) => {
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

const runs: { readonly [Type in ProgramType]?: Run } = {
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
