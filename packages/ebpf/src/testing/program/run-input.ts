/**
 * What a program under test is run on, and how each kernel runs it.
 *
 * What test runs of the kernel take (packets, arguments of raw tracepoints, bytes) goes that way in both kernels. Everything
 * else the running kernel has no way to run on purpose; the simulated one makes the context of typed values.
 * @module
 */
import { assert } from "../../base/assert.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import { assertBytes, assertMembers } from "../../base/given.ts";
import { NotSupportedError } from "../../kernel/errors.ts";
import { attach } from "../../link/attach.ts";
import type { Program } from "../../program/program.ts";
import type { ProgramType } from "../../spec/words.ts";
import type { GivenContext } from "../../sim/fire/run-given.ts";
import type { GivenObject } from "../../sim/typed/given.ts";
import { SimulatedKernel } from "../../sim/simulated-kernel.ts";
import type { Packet } from "../packet/packet.ts";
import { argumentContext, packetContext } from "./context.ts";
import { bytesOf, type RunOutcome } from "./program-run.ts";

/** What a program is run on. Which parts count depends on its type. */
export interface RunInput extends Pick<
  GivenContext,
  "args" | "result" | "registers" | "fields" | "cookie"
> {
  /** For programs on packets: at least an Ethernet header. */
  readonly packet?: Packet | Uint8Array;
  /** Members of the record of a tracepoint, text as text: `{ pid: 7, filename: "/bin/ls" }`. */
  readonly record?: GivenObject;
  /** The whole context, as bytes. */
  readonly context?: Uint8Array;
  /** How often to run it; once when left out. */
  readonly repeat?: number;
}

/**
 * Runs a program on `input`.
 * @throws {InvalidArgumentError} when the input is not one for such a program.
 * @throws {NotSupportedError} when the kernel has no way to run it on purpose.
 */
export function runOn(program: Program, input: RunInput): RunOutcome {
  assertInput(input);
  assertOneContext(input);
  if (isForTestRun(program.type, input)) return testRun(program, input);
  const { kernel } = program;
  if (kernel instanceof SimulatedKernel) return simulatedRun(kernel, program, input);
  throw new NotSupportedError(`running ${program.type} programs on such an input`, {
    hint: "the running kernel runs them when what they wait for happens; test in the simulated one",
  });
}

/** Types of programs on packets that the kernel runs on purpose: those of net/bpf/test_run.c that the simulated one runs, too. */
const onPackets: ReadonlySet<ProgramType> = new Set<ProgramType>([
  "xdp",
  "sched_cls",
  "sched_act",
  "cgroup_skb",
  "socket_filter",
  "lwt_in",
  "lwt_out",
  "lwt_xmit",
]);

function isForTestRun(type: ProgramType, { args, context, registers, fields }: RunInput): boolean {
  if (onPackets.has(type)) return true;
  if (type === "syscall") return true;
  if (type === "raw_tracepoint") return context !== undefined || (args ?? []).every(isNumber);
  // The simulated kernel makes these contexts of fields or bytes by itself.
  return type === "sk_lookup" && context !== undefined && !registers && !fields;
}

function testRun(program: Program, input: RunInput): RunOutcome {
  const { kernel, type } = program;
  if (type === "sk_lookup" && kernel instanceof SimulatedKernel)
    return simulatedRun(kernel, program, input);
  const { packet, fields, args, context, repeat } = input;
  const data = packet === undefined ? undefined : bytesOf(packet);
  const made =
    context ??
    (args && argumentContext(args.filter(isNumber))) ??
    (fields && packetContext(type, fields, data?.length ?? 0));
  const result = program.run({
    ...(data === undefined ? {} : { data }),
    ...(made === undefined ? {} : { context: made }),
    ...(repeat === undefined ? {} : { repeat }),
  });
  return {
    returned: result.returnValue | 0,
    packet: result.data,
    context: result.context,
    durationNs: result.durationNs,
  };
}

function simulatedRun(
  kernel: SimulatedKernel,
  program: Program,
  { packet, context, record, repeat = 1, ...given }: RunInput,
): RunOutcome {
  if (record !== undefined) return recordRun(kernel, program, record);
  const all: GivenContext = {
    ...given,
    ...(packet === undefined ? {} : { packet: bytesOf(packet) }),
    ...(context === undefined ? {} : { bytes: context }),
  };
  for (let turn = 1; turn < repeat; turn++) kernel.run(program, all);
  const run = kernel.run(program, all);
  return {
    returned: run.value,
    packet: run.packet ?? new Uint8Array(),
    context: run.context,
    durationNs: 0,
  };
}

/** A record comes with its tracepoint: the program is attached to it for so long. */
function recordRun(kernel: SimulatedKernel, program: Program, record: GivenObject): RunOutcome {
  const { target } = program.spec;
  if (target.kind !== "tracepoint")
    throw new InvalidArgumentError(`${program.type} programs are given no record`, {
      hint: "programs made by tracepoint(…) are",
    });
  using _ = attach(program, new Map());
  const runs = kernel.fire.tracepoint(`${target.category}/${target.name}`, record);
  const run = runs.find(({ id }) => id === program.id);
  assert(run !== undefined, "an attached program runs");
  return { returned: run.value, packet: none, context: none, durationNs: 0 };
}

const none = new Uint8Array();

const inputs: { readonly [Member in keyof RunInput]-?: true } = {
  packet: true,
  args: true,
  result: true,
  registers: true,
  fields: true,
  cookie: true,
  record: true,
  context: true,
  repeat: true,
};
const inputNames = Object.keys(inputs);

/** @throws {InvalidArgumentError} when the input has members that nobody looks at, or a packet that is none. */
function assertInput(input: RunInput): void {
  assertMembers(input, inputNames, "a run");
  const { packet } = input;
  if (packet !== undefined && !(typeof packet === "object" && "bytes" in packet))
    assertBytes(packet, "the packet of a run");
}

/** @throws {InvalidArgumentError} when the context is said in two ways. */
function assertOneContext({ fields, args, context, record }: RunInput): void {
  const ways = Object.entries({ fields, args, context, record }).filter(
    ([, value]) => value !== undefined,
  );
  if (ways.length <= 1) return;
  throw new InvalidArgumentError(`${ways.map(([name]) => name).join(" and ")} are given`, {
    hint: "each of them says the whole context: give one",
  });
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}
