/**
 * Calls of functions of the kernel, as far as their rules are known here.
 *
 * What a function takes its type in BTF says; that it acquires or releases, and who may call it, is in no BTF, so that
 * a table of common ones has it. Others are left undecided: `check_kfunc_call` of kernel/bpf/verifier.c.
 * @module
 */
import type { BtfFuncProto } from "../../btf/type.ts";
import type { InstructionOf } from "../../isa/instruction.ts";
import { type Surroundings, writesPackets } from "./access.ts";
import { isGpl, release } from "./call.ts";
import { forgetPacket } from "./changes-packet.ts";
import { sliceOf } from "./dynptr.ts";
import { callGraph, isGraphFunction } from "./graph.ts";
import { destroyIterator, newIterator, nextOf } from "./iterator.ts";
import { isInRcu } from "./kernel-object.ts";
import { checkKfuncArguments, type Given, type KfuncCall } from "./kfunc-argument.ts";
import { kfuncRule, mayCallKfunc } from "./kfunc-rules.ts";
import { markPrecise, originFrom } from "./origin.ts";
import { callOwn, isOwnFunction } from "./own-object.ts";
import { PathEnd, Refusal, Undecided } from "./refusal.ts";
import { constantOf, type Scalar, unknownScalar } from "./scalar.ts";
import { currentFrame, replaceValues, type State } from "./state.ts";
import { isPointer, pointer, unset, type Value } from "./value.ts";

/** Checks a call, and sets the registers to what they are afterwards. */
export function callKfunc(around: Surroundings, it: InstructionOf<"call-kfunc">): void {
  const { program, state } = around;
  const types = program.kernelTypes;
  const func =
    types === undefined || typeof it.function === "string"
      ? undefined
      : types.typeById(it.function);
  if (func?.kind !== "func" || (it.module ?? 0) !== 0)
    throw new Undecided("functions of the kernel");
  const rule = kfuncRule(func.name);
  if (rule === undefined) throw new Undecided(`function ${func.name} of the kernel`);
  if (!isGpl(program.license)) {
    throw new Refusal("cannot call kernel function from non-GPL compatible program", "EINVAL");
  }
  if (!mayCallKfunc(program.type, rule)) {
    throw new Refusal(`calling kernel function ${func.name} is not allowed`);
  }
  if (rule.sleepable === true && program.flags?.includes("sleepable") !== true) {
    throw new Refusal(`program must be sleepable to call sleepable kfunc ${func.name}`);
  }
  if (state.locks.size > 0 && !mayCallLocked(func.name))
    throw new Refusal("function calls are not allowed while holding a lock", "EINVAL");
  if (changeRegion(state, func.name)) return finish(state, unset);
  const proto = types!.typeById(func.type) as BtfFuncProto;
  const call: KfuncCall = { around, name: func.name, proto, rule };
  if (/^bpf_iter_\w+_(new|next|destroy)$/.test(func.name)) return iterate(call);
  if (isGraphFunction(func.name)) return finish(state, callGraph(call));
  if (isOwnFunction(func.name)) {
    const { result, released } = callOwn(call);
    finish(state, result);
    if (released !== 0) release(state, released);
    return;
  }
  if (func.name === "bpf_throw") return endProgram(state);
  if (func.name === "bpf_rdonly_cast") return finish(state, cast(call));
  const given = checkKfuncArguments(call);
  finish(state, resultOf(call, given));
  if (rule.movesPacket === true) forgetPacket(state);
  if (given.released !== 0) release(state, given.released);
}

/** `kfunc_spin_allowed`. */
function mayCallLocked(name: string): boolean {
  const usual = name === "bpf_refcount_acquire_impl" || name.startsWith("bpf_iter_num_");
  return usual || isGraphFunction(name);
}

/** The program ends here, wherever it is, with nothing held. */
function endProgram(state: State): never {
  const { references, locks, rcu, preempt, frames } = state;
  if (frames.some(({ callback }) => callback !== undefined)) {
    throw new Refusal(
      `bpf_throw kfunc (insn ${state.slot}) cannot be called from callback subprog`,
      "EINVAL",
    );
  }
  for (const [id, slot] of references) {
    throw new Refusal(
      `Unreleased reference id=${id} alloc_insn=${slot}\nbpf_throw would lead to reference leak`,
      "EINVAL",
    );
  }
  const region =
    rcu > 0
      ? "bpf_rcu_read_lock"
      : preempt > 0
        ? "bpf_preempt_disable"
        : locks.size > 0
          ? "bpf_spin_lock"
          : undefined;
  if (region !== undefined)
    throw new Refusal(`bpf_throw cannot be used inside ${region}-ed region`, "EINVAL");
  throw new PathEnd();
}

function finish(state: State, result: Value): void {
  const { registers } = currentFrame(state);
  registers.fill(unset, 1, 6);
  registers[0] = result.kind === "scalar" ? { ...result, origin: originFrom() } : result;
}

/** Regions that are entered and left; whether the function is one for that. */
function changeRegion(state: State, name: string): boolean {
  if (name === "bpf_rcu_read_lock") state.rcu++;
  else if (name === "bpf_preempt_disable") state.preempt++;
  else if (name === "bpf_rcu_read_unlock") {
    if (state.rcu-- === 0)
      throw new Refusal(
        "unmatched rcu read unlock (kernel function bpf_rcu_read_unlock)",
        "EINVAL",
      );
    replaceValues(state, (value) =>
      isPointer(value) && value.trust === "rcu"
        ? { ...value, trust: "untrusted", own: false, nullable: false }
        : value,
    );
  } else if (name === "bpf_preempt_enable") {
    if (state.preempt-- === 0) {
      throw new Refusal(
        "unmatched attempt to enable preemption (kernel function bpf_preempt_enable)",
        "EINVAL",
      );
    }
  } else return false;
  return true;
}

function iterate({ around, name, proto, rule }: KfuncCall): void {
  const types = around.program.kernelTypes!;
  const what = /^bpf_iter_(\w+)_(new|next|destroy)$/.exec(name)!;
  const struct = types.typeByName(`bpf_iter_${what[1]}`, "struct");
  const place = currentFrame(around.state).registers[1]!;
  if (rule.rcu === true && !isInRcu(around.program, around.state)) {
    throw new Refusal(`expected an RCU CS when using ${name}`, "EINVAL");
  }
  const iterator = { place, type: struct.name, words: Math.ceil(struct.size / 8) };
  if (what[2] === "new") {
    checkKfuncArguments({ around, name, proto, rule }, 1);
    newIterator(around, iterator);
    finish(around.state, { ...unknownScalar });
  } else if (what[2] === "destroy") {
    destroyIterator(around, iterator);
    finish(around.state, unset);
  } else {
    const found = types.resolve((types.resolve(proto.type) as { type: number }).type);
    const element =
      found.kind === "struct"
        ? pointer("ptr_", {
            type: { types, id: found.id },
            trust: rule.rcu === true ? "rcu" : "trusted",
          })
        : pointer("rdonly_mem", { size: types.size(found.id) });
    nextOf(around, iterator, (state, value) => finish(state, value), element);
  }
}

/** An address that is taken for one of another type, to read from with care. */
function cast({ around }: KfuncCall): Value {
  const { registers } = currentFrame(around.state);
  const [from, number] = [registers[1]!, registers[2]!];
  if (from.kind === "unset") throw new Refusal("R1 !read_ok");
  const id = number.kind === "scalar" ? constantOf(number) : undefined;
  if (id === undefined) throw new Refusal("R2 must be a known constant", "EINVAL");
  markPrecise((number as Scalar).origin);
  const types = around.program.kernelTypes!;
  const type = types.resolve(Number(id));
  if (type.kind !== "struct") throw new Undecided("addresses of what is no struct");
  return pointer("ptr_", { type: { types, id: type.id }, trust: "untrusted" });
}

function resultOf({ around, name, proto, rule }: KfuncCall, given: Given): Value {
  const types = around.program.kernelTypes!;
  const { state, newId } = around;
  const type = types.resolve(proto.type);
  if (type.kind === "void") return unset;
  if (type.kind !== "ptr") return unknownScalar;
  const id = newId();
  if (name.startsWith("bpf_dynptr_slice")) return slice(around, name, { ...given, id });
  const to = types.resolve(type.type);
  if (to.kind !== "struct") throw new Undecided("what a function of the kernel returns");
  const nullable = rule.mayFail === true;
  if (rule.acquires === true) state.references.set(id, state.slot);
  const reference = rule.acquires === true ? id : 0;
  return pointer("ptr_", { type: { types, id: to.id }, trust: "trusted", nullable, id, reference });
}

/** Memory of a dynamic pointer; to be written to only by programs that write into packets. */
function slice(
  { program }: Surroundings,
  name: string,
  { dynptr, constant = 0, id }: Given & { readonly id: number },
): Value {
  if (name === "bpf_dynptr_slice")
    return sliceOf(dynptr!, { size: constant, id, kind: "rdonly_mem" });
  if (writesPackets.has(program.type)) return sliceOf(dynptr!, { size: constant, id, kind: "mem" });
  throw new Refusal("the prog does not allow writes to packet data", "EINVAL");
}
