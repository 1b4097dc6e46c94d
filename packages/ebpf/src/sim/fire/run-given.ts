/**
 * Running one program that is not attached, on a context of typed values that fits its kind.
 *
 * What the program is for, its type and what it was loaded for, says what its context is. Test runs of the kernel take fewer
 * types of programs, and bytes only.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import type { BtfParameter } from "../../btf/type.ts";
import type { ProgramType } from "../../spec/words.ts";
import type { Core } from "../core.ts";
import type { SimulatedProgram } from "../program.ts";
import type { Given, GivenObject } from "../typed/given.ts";
import type { PacketKind } from "../run/packet-run.ts";
import { dissected } from "../run/flow-dissection.ts";
import { runOnPacket } from "./packet.ts";
import { argumentRegisters, encodeRegisters, type Registers } from "./registers.ts";
import { type Ran, runProgram } from "./run.ts";
import { Scope } from "./scope.ts";

/** What a program is given; which parts count depends on its type. */
export interface GivenContext {
  /** Arguments of a function, hook or tracepoint: in registers for probes, in words for others. */
  readonly args?: readonly Given[];
  /** What the function returned, for programs at its return; for hooks what those before said. */
  readonly result?: bigint | number;
  readonly registers?: Registers;
  /** Fields of the context: `struct bpf_sock_addr`, `struct __sk_buff`… */
  readonly fields?: GivenObject;
  readonly packet?: Uint8Array;
  /** The context as it is, for all types. */
  readonly bytes?: Uint8Array;
  /** What `bpf_get_attach_cookie` gives. */
  readonly cookie?: bigint;
}

/** What a run left. */
export interface GivenRun {
  readonly result: bigint;
  /** The lower 32 bits of the result, with sign. */
  readonly value: number;
  /** The context; of packets see {@link packet}; of programs that take packets apart `struct bpf_flow_keys`. */
  readonly context: Uint8Array;
  readonly packet?: Uint8Array;
  /** Interface, or key of a map, that a packet was sent to. */
  readonly redirect?: number | undefined;
}

/** Runs a program. @throws {InvalidArgumentError} when its type wants something else. */
export function runGiven(core: Core, program: SimulatedProgram, given: GivenContext): GivenRun {
  const { progType } = program.attributes;
  const kind = packetKinds[progType];
  if (kind !== undefined && given.bytes === undefined) {
    const { packet: data = new Uint8Array(64), fields = {} } = given;
    const { ran, packet, redirect } = runOnPacket(core, program, { kind, fields, data });
    return { ...resultOf(ran), context: new Uint8Array(), packet, redirect };
  }
  if (progType === "flow_dissector" && given.packet !== undefined)
    return runDissector(core, program, given.packet);
  using scope = new Scope(core);
  const context = contextFor(scope, program, given);
  const { bytes } = core.memory.regionOf(context)!;
  const ran = runProgram(core, program, context, {
    cookie: given.cookie ?? 0n,
    argumentCount: given.args?.length ?? 0,
  });
  return { ...resultOf(ran), context: bytes.slice() };
}

function runDissector(core: Core, program: SimulatedProgram, data: Uint8Array): GivenRun {
  const { outcome, keys } = dissected(core, { data }, (context) =>
    runProgram(core, program, context),
  );
  return { ...resultOf(outcome), context: keys };
}

function resultOf({ result, value }: Ran): Pick<GivenRun, "result" | "value"> {
  return { result, value };
}

const packetKinds: { readonly [Type in ProgramType]?: PacketKind } = {
  xdp: "xdp",
  socket_filter: "skb",
  sched_cls: "skb",
  sched_act: "skb",
  cgroup_skb: "datagram",
  lwt_in: "datagram",
  lwt_out: "datagram",
  lwt_xmit: "datagram",
  lwt_seg6local: "datagram",
  sk_skb: "stream",
  sk_msg: "message",
  sk_reuseport: "reuseport",
};

/** Structs of contexts by types of programs. */
const structs: { readonly [Type in ProgramType]?: string } = {
  cgroup_sock: "bpf_sock",
  cgroup_sock_addr: "bpf_sock_addr",
  cgroup_device: "bpf_cgroup_dev_ctx",
  cgroup_sysctl: "bpf_sysctl",
  cgroup_sockopt: "bpf_sockopt",
  sock_ops: "bpf_sock_ops",
  sk_lookup: "bpf_sk_lookup",
};

function contextFor(scope: Scope, program: SimulatedProgram, given: GivenContext): bigint {
  const { placement } = scope;
  const { progType } = program.attributes;
  if (given.bytes !== undefined) return placement.allocate("context", given.bytes.slice());
  const struct = structs[progType];
  if (struct !== undefined) return scope.context(struct, given.fields ?? {}).address;
  if (progType === "netfilter") return scope.kernel.object("bpf_nf_ctx", given.fields ?? {});
  if (progType === "perf_event") return sampleContext(scope, given);
  if (progType === "kprobe") return probeContext(scope, given);
  if (progType.startsWith("raw_tracepoint") || progType === "tracing" || progType === "lsm")
    return wordsContext(scope, program, given);
  throw new InvalidArgumentError(`programs of type ${progType} are given bytes`, {
    hint: "give { bytes }: the context as it lies in memory",
  });
}

function sampleContext(scope: Scope, { registers = {}, fields = {} }: GivenContext): bigint {
  const regs = encodeRegisters(registers);
  return scope.context("bpf_perf_event_data", { regs, ...fields }).address;
}

function probeContext(scope: Scope, { args = [], result, registers }: GivenContext): bigint {
  const words = scope.arguments(args, undefined);
  const returned = result === undefined ? {} : { ax: result };
  const all = { ...argumentRegisters(words), ...returned, ...registers };
  return scope.placement.allocate("context", encodeRegisters(all));
}

function wordsContext(scope: Scope, program: SimulatedProgram, given: GivenContext): bigint {
  const { args = [], result = 0, fields } = given;
  const name = scope.core.attachName(program);
  const isIterator = name.startsWith("bpf_iter_") && fields !== undefined;
  if (isIterator) return scope.kernel.object(name.replace("bpf_iter_", "bpf_iter__"), fields);
  const words = scope.arguments(args, parametersOf(scope, name));
  const room = Array.from({ length: Math.max(0, 12 - words.length) }, () => 0n);
  return scope.words([...words, BigInt(result), ...room]);
}

function parametersOf(
  { core: { types } }: Scope,
  name: string,
): readonly BtfParameter[] | undefined {
  if (name.startsWith(tracepointPrefix)) {
    return types.tracepointParameters(name.slice(tracepointPrefix.length));
  }
  return name === "" ? undefined : types.functionParameters(name);
}

const tracepointPrefix = "btf_trace_";
