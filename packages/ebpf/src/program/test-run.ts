/**
 * Running a loaded program on given input: `BPF_PROG_TEST_RUN`.
 * @module
 */
import { assertWhole } from "../base/arguments.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { assertBytes, assertMembers } from "../base/given.ts";
import type { TestRunFlag } from "../kernel/commands.ts";
import { NotSupportedError } from "../kernel/errors.ts";
import { isAtLeast } from "../kernel/feature.ts";
import type { Handle } from "../kernel/handle.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { ProgramType } from "../spec/words.ts";

/** Input of one test run. Which parts a program takes depends on its type. */
export interface TestRunInput {
  /** Packet, for networking programs: at least 14 bytes, an Ethernet header. */
  readonly data?: Uint8Array;
  /** Context: `struct xdp_md`, `struct __sk_buff`, the arguments of a raw tracepoint… */
  readonly context?: Uint8Array;
  /** How often to run; the duration is the mean. The call blocks until all runs are done. */
  readonly repeat?: number;
  /** CPU to run on, for raw tracepoint programs. */
  readonly cpu?: number;
  readonly flags?: readonly TestRunFlag[];
  /**
   * Packets that are sent at a time with flag `xdp_live_frames`, 1 to 256; 64 when left out. `repeat` says how many there
   * are in all. Minimum kernel 5.18.
   */
  readonly batchSize?: number;
}

/** What a test run left. */
export interface TestRunResult {
  /** Return value of the (last) run, as an unsigned 32-bit number. */
  readonly returnValue: number;
  /** Mean duration of one run in nanoseconds, as the kernel measured it. */
  readonly durationNs: number;
  /** The packet after the run; empty when there was none. */
  readonly data: Uint8Array;
  /** The context after the run; empty where the type of program has none to give. */
  readonly context: Uint8Array;
}

/** Types of programs that hand their context back: those whose test runs end in bpf_ctx_finish (net/bpf/test_run.c). */
const contextReturning: ReadonlySet<ProgramType> = new Set([
  "xdp",
  "socket_filter",
  "sched_cls",
  "sched_act",
  "cgroup_skb",
  "lwt_in",
  "lwt_out",
  "lwt_xmit",
  "lwt_seg6local",
  "sk_skb",
  "sk_lookup",
]);

const liveFramesSince = [5, 18] as const;
/** TEST_XDP_MAX_BATCH of net/bpf/test_run.c. */
const mostAtATime = 256;

/** Room for what a program may add to a packet (XDP_PACKET_HEADROOM is 256). */
const growthBytes = 512;

/** What is run. */
export interface TestRunSubject {
  readonly kernel: Kernel;
  readonly handle: Handle;
  readonly type: ProgramType;
}

const inputs: { readonly [Member in keyof TestRunInput]-?: true } = {
  data: true,
  context: true,
  repeat: true,
  cpu: true,
  flags: true,
  batchSize: true,
};
const inputNames = Object.keys(inputs);

function assertInput(input: TestRunInput): void {
  assertMembers(input, inputNames, "a test run");
  const { data, context, repeat, cpu, batchSize } = input;
  if (data !== undefined) assertBytes(data, "the packet of a test run");
  if (context !== undefined) assertBytes(context, "the context of a test run");
  if (repeat !== undefined) assertWhole(repeat, "how often to run", { most: 0x7fff_ffff });
  if (cpu !== undefined) assertWhole(cpu, "the CPU to run on", { most: 0x7fff_ffff });
  if (batchSize === undefined) return;
  assertWhole(batchSize, "how many packets are sent at a time", { least: 1, most: mostAtATime });
  if (input.flags?.includes("xdp_live_frames") === true) return;
  throw new InvalidArgumentError("packets are sent at a time only by runs with live frames", {
    hint: 'add { flags: ["xdp_live_frames"] }, or leave batchSize out',
  });
}

/**
 * Runs a loaded program.
 * @throws {InvalidArgumentError} when the input is no input at all; {@link SyscallError} when it is none for this type.
 * @throws {NotSupportedError} when the kernel cannot run programs of this type so.
 */
export function testRun(subject: TestRunSubject, input: TestRunInput): TestRunResult {
  assertInput(input);
  const { kernel, handle, type } = subject;
  const { data, context, repeat, cpu } = input;
  // Live frames go where the program sends them; the kernel refuses room for what comes back.
  const isLive = input.flags?.includes("xdp_live_frames") === true;
  // Older kernels pass over the flag, and run the program as usual.
  if (isLive && !isAtLeast(kernel.version, liveFramesSince)) {
    throw new NotSupportedError("test runs with live frames", { since: liveFramesSince });
  }
  const dataOut = data && !isLive ? new Uint8Array(data.length + growthBytes) : undefined;
  // Programs of type syscall are given the context itself, and change that.
  const ctxIn = type === "syscall" ? context?.slice() : context;
  const comesBack = contextReturning.has(type) && !isLive;
  const ctxOut = context && comesBack ? new Uint8Array(context.length) : undefined;
  const result = kernel.bpf("progTestRun", {
    prog: handle,
    dataIn: data,
    dataOut,
    ctxIn,
    ctxOut,
    repeat,
    cpu,
    flags: input.flags,
    batchSize: input.batchSize,
  });
  return {
    returnValue: result.retval,
    durationNs: result.durationNs,
    data: dataOut?.subarray(0, result.dataSizeOut) ?? new Uint8Array(),
    context: contextAfter(type, ctxIn, ctxOut?.subarray(0, result.ctxSizeOut)),
  };
}

function contextAfter(
  type: ProgramType,
  given: Uint8Array | undefined,
  returned: Uint8Array | undefined,
): Uint8Array {
  return (type === "syscall" ? given : returned) ?? new Uint8Array();
}
