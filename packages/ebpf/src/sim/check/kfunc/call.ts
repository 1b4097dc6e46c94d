/**
 * Calls of functions of the kernel: whether a program may, what it must pass, and what is known afterwards.
 *
 * What a function takes and gives its type in BTF says, and who may call it and with which promises the table of
 * `rules.ts`. Functions about one thing have rules of their own, by family; those of modules are left undecided:
 * `check_kfunc_call` of kernel/bpf/verifier.c.
 * @module
 */
import type { BtfFuncProto, BtfType } from "../../../btf/type.ts";
import type { InstructionOf } from "../../../isa/instruction.ts";
import { throwException } from "../function/exception.ts";
import { isGpl, release } from "../helper/call.ts";
import { enterCallback, keyAndValue } from "../helper/callback.ts";
import { forgetPacket, movesPacketByKfunc } from "../helper/changes-packet.ts";
import { isInRcu } from "../kernel-memory/object.ts";
import { type Surroundings, writesPackets } from "../memory/access.ts";
import { originFrom } from "../number/origin.ts";
import { constantScalar, rangeScalar, unknownScalar } from "../number/scalar.ts";
import { type Dynptr, sliceOf } from "../object/dynptr.ts";
import { callGraph, isGraphFunction } from "../object/graph.ts";
import { callOwn, isOwnFunction } from "../object/own.ts";
import { Refusal, Undecided } from "../refusal.ts";
import { copyState, currentFrame, type State } from "../state/state.ts";
import { type Pointer, pointer, unset, type Value } from "../state/value.ts";
import { checkKfuncArguments, type Given, type KfuncCall } from "./argument.ts";
import { callCast, isCast } from "./cast.ts";
import { callIterator, isIteratorFunction } from "./iterator.ts";
import { changeRegion, isRegionFunction } from "./region.ts";
import { kfuncRule, mayCallKfunc } from "./rules.ts";

/** Checks a call, and sets the registers to what they are afterwards. */
export function callKfunc(around: Surroundings, it: InstructionOf<"call-kfunc">): void {
  const call = callOf(around, it);
  assertMayCall(call);
  const family = families.find(([isOne]) => isOne(call.name));
  if (family === undefined) callPlain(call);
  else family[1](call);
}

function callOf(around: Surroundings, it: InstructionOf<"call-kfunc">): KfuncCall {
  const types = around.program.kernelTypes;
  const func =
    types === undefined || typeof it.function === "string"
      ? undefined
      : types.typeById(it.function);
  if (func?.kind !== "func" || (it.module ?? 0) !== 0)
    throw new Undecided("functions of the kernel");
  const { name } = func;
  const rule = kfuncRule(name);
  if (rule === undefined) throw new Undecided(`function ${name} of the kernel`);
  return { around, name, rule, proto: types!.typeById(func.type) as BtfFuncProto };
}

function assertMayCall({ around: { program, state }, name, rule }: KfuncCall): void {
  if (!isGpl(program.license)) {
    throw new Refusal("cannot call kernel function from non-GPL compatible program", "EINVAL");
  }
  if (!mayCallKfunc(program, rule)) {
    throw new Refusal(`calling kernel function ${name} is not allowed`);
  }
  if (state.locks.length > 0 && !mayCallLocked(name))
    throw new Refusal("function calls are not allowed while holding a lock", "EINVAL");
  if (rule.flags.has("rcu_protected") && !isInRcu(state)) {
    throw new Refusal(`kernel func ${name} requires RCU critical section protection`);
  }
  if (rule.flags.has("sleepable")) assertMaySleep(state, name);
  if (name.startsWith("bpf_xdp_metadata_rx_")) assertForDevice(program.flags);
  if (name === "__bpf_trap") {
    throw new Refusal("unexpected __bpf_trap() due to uninitialized variable?", "EINVAL");
  }
}

function assertMaySleep(state: State, name: string): void {
  if (!state.sleepable)
    throw new Refusal(`program must be sleepable to call sleepable kfunc ${name}`);
  const where =
    state.rcu > 0
      ? "rcu_read_lock"
      : state.preempt > 0
        ? "non-preemptible"
        : state.irqs.length > 0
          ? "IRQ-disabled"
          : undefined;
  if (where !== undefined)
    throw new Refusal(`kernel func ${name} is sleepable within ${where} region`);
}

/** What a device knows of a packet only programs that were made for the device are told. */
function assertForDevice(flags: Surroundings["program"]["flags"]): void {
  if (flags?.includes("xdp_dev_bound_only") === true)
    throw new Undecided("programs for one device");
  throw new Refusal("metadata kfuncs require device-bound program", "EINVAL");
}

/** `kfunc_spin_allowed`. */
function mayCallLocked(name: string): boolean {
  const usual = name === "bpf_refcount_acquire_impl" || name.startsWith("bpf_iter_num_");
  return usual || isGraphFunction(name) || name.startsWith("bpf_res_spin_");
}

type Family = readonly [isOne: (name: string) => boolean, call: (call: KfuncCall) => void];

const families: readonly Family[] = [
  [
    isRegionFunction,
    ({ around: { state }, name }) => {
      changeRegion(state, name);
      finish(state, unset);
    },
  ],
  [isIteratorFunction, (call) => callIterator(call, finish)],
  [isGraphFunction, (call) => finish(call.around.state, callGraph(call))],
  [
    isOwnFunction,
    (call) => {
      const { state } = call.around;
      const { result, released } = callOwn(call);
      finish(state, result);
      if (released !== 0) release(state, released);
    },
  ],
  [isCast, (call) => finish(call.around.state, callCast(call))],
  [(name) => name === "bpf_throw", throwException],
  [(name) => name.startsWith("bpf_res_spin_lock"), tryToLock],
];

/** Locks that may not be got: the path parts into one that has the lock and one that has an error. */
function tryToLock(call: KfuncCall): void {
  const { state, follow } = call.around;
  const failed = copyState(state);
  failed.slot++;
  finish(failed, rangeScalar(-4095n, -1n));
  checkKfuncArguments(call);
  follow(failed);
  finish(state, constantScalar(0n));
}

function callPlain(call: KfuncCall): void {
  const { around, name, rule } = call;
  const { state } = around;
  const given = checkKfuncArguments(call);
  if (given.callback !== undefined) {
    enterCallback(around, {
      start: given.callback,
      values: keyAndValue(given.map!.map),
      results: name.startsWith("bpf_wq_") ? [0n, 0n] : [-(1n << 31n), (1n << 31n) - 1n],
      later: true,
      sleepable: true,
    });
  }
  const released = rule.flags.has("release") ? given.reference : 0;
  if (released === 0) finish(state, resultOf(call, given));
  else {
    release(state, released);
    finish(state, resultOf(call, { ...given, reference: 0 }));
  }
  if (movesPacketByKfunc.has(name)) forgetPacket(state);
}

function finish(state: State, result: Value): void {
  const { registers } = currentFrame(state);
  registers.fill(unset, 1, 6);
  registers[0] = result.kind === "scalar" ? { ...result, origin: originFrom() } : result;
}

/** What a function returns: a number, an object, or memory, which may be null and may have to be given back. */
function resultOf(call: KfuncCall, given: Given): Value {
  const { around, name, proto, rule } = call;
  const types = around.program.kernelTypes!;
  const type = types.resolve(proto.type);
  if (type.kind === "void") return unset;
  if (type.kind !== "ptr") return unknownScalar;
  const id = around.newId();
  const nullable = rule.flags.has("ret_null");
  if (name.startsWith("bpf_dynptr_slice"))
    return slice(around, name, { dynptr: given.dynptr!, size: given.constant ?? 0, id });
  const to = types.resolve(type.type);
  if (to.kind === "void" && rule.flags.has("acquire")) throw new Undecided(`what ${name} returns`);
  if (to.kind === "void") return unknownScalar;
  if (to.kind !== "struct") return memoryOf(call, to, { nullable, id, reference: given.reference });
  const reference = rule.flags.has("acquire") ? id : 0;
  if (reference !== 0) around.state.references.set(id, around.state.slot);
  const trust = name === "bpf_get_kmem_cache" ? "untrusted" : "plain";
  return pointer("ptr_", { type: { types, id: to.id }, trust, nullable, id, reference });
}

function memoryOf({ around, name }: KfuncCall, to: BtfType, known: Partial<Pointer>): Value {
  const kind = name === "bpf_session_cookie" ? "mem" : "rdonly_mem";
  return pointer(kind, { ...known, size: around.program.kernelTypes!.size(to.id) });
}

/** Memory of a dynamic pointer; to be written to only by programs that write into packets. */
function slice(
  { program }: Surroundings,
  name: string,
  { dynptr, size, id }: { readonly dynptr: Dynptr; readonly size: number; readonly id: number },
): Value {
  if (name === "bpf_dynptr_slice") return sliceOf(dynptr, { size, id, kind: "rdonly_mem" });
  if (writesPackets.has(program.type)) return sliceOf(dynptr, { size, id, kind: "mem" });
  throw new Refusal("the prog does not allow writes to packet data", "EINVAL");
}
