/**
 * Calls of functions of the kernel, as far as their rules are known here.
 *
 * What a function takes its type in BTF says; that it acquires or releases, and who may call it, is in no BTF, so that
 * a table of common ones has it. Others are left undecided: `check_kfunc_call` of kernel/bpf/verifier.c.
 * @module
 */
import type { BtfFuncProto, BtfParameter } from "../../btf/type.ts";
import type { InstructionOf } from "../../isa/instruction.ts";
import type { Surroundings } from "./access.ts";
import { isNull } from "./argument.ts";
import { release } from "./call.ts";
import { destroyIterator, newIterator, nextOf } from "./iterator.ts";
import { isInRcu } from "./kernel-object.ts";
import { type KfuncRule, kfuncRule, mayCallKfunc } from "./kfunc-rules.ts";
import { originFrom } from "./origin.ts";
import { PathEnd, Refusal, Undecided } from "./refusal.ts";
import { constantOf, unknownScalar } from "./scalar.ts";
import { beginsWith, wrongType } from "./socket-argument.ts";
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
  if (!mayCallKfunc(program.type, rule)) {
    throw new Refusal(`calling kernel function ${func.name} is not allowed`);
  }
  if (rule.sleepable === true && program.flags?.includes("sleepable") !== true) {
    throw new Refusal(`program must be sleepable to call sleepable kfunc ${func.name}`);
  }
  if (state.locks.size > 0)
    throw new Refusal("function calls are not allowed while holding a lock", "EINVAL");
  if (changeRegion(state, func.name)) return finish(state, unset);
  const proto = types!.typeById(func.type) as BtfFuncProto;
  const call: KfuncCall = { around, name: func.name, proto, rule };
  if (/^bpf_iter_\w+_(new|next|destroy)$/.test(func.name)) return iterate(call);
  if (func.name === "bpf_throw") return endProgram(state);
  if (func.name === "bpf_rdonly_cast") return finish(state, cast(call));
  const released = checkArguments(call);
  finish(state, resultOf(call));
  if (released !== 0) release(state, released);
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

interface KfuncCall {
  readonly around: Surroundings;
  readonly name: string;
  readonly proto: BtfFuncProto;
  readonly rule: KfuncRule;
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
        ? { ...value, trust: "untrusted", nullable: false }
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
    checkArguments({ around, name, proto, rule }, 1);
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
        : pointer("mem", { size: types.size(found.id) });
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
  const types = around.program.kernelTypes!;
  const type = types.resolve(Number(id));
  if (type.kind !== "struct") throw new Undecided("addresses of what is no struct");
  return pointer("ptr_", { type: { types, id: type.id }, trust: "untrusted" });
}

/** Checks the arguments from the one with this index on; the reference that is given back, or 0. */
function checkArguments({ around, name, proto, rule }: KfuncCall, first = 0): number {
  const { registers } = currentFrame(around.state);
  let released = 0;
  for (const [index, parameter] of proto.parameters.entries()) {
    if (index < first || parameter.name.endsWith("__ign")) continue;
    const register = index + 1;
    const value = registers[register]!;
    if (value.kind === "unset") throw new Refusal(`R${register} !read_ok`);
    const reference = checkArgument({ around, name, proto, rule }, { parameter, value, register });
    if (rule.releases === true && index === 0) {
      if (reference === 0)
        throw new Refusal(
          `release kernel function ${name} expects refcounted PTR_TO_BTF_ID`,
          "EINVAL",
        );
      released = reference;
    }
  }
  return released;
}

interface Argument {
  readonly parameter: BtfParameter;
  readonly value: Value;
  readonly register: number;
}

function checkArgument(
  { around, rule }: KfuncCall,
  { parameter, value, register }: Argument,
): number {
  const types = around.program.kernelTypes!;
  const type = types.resolve(parameter.type);
  if (type.kind !== "ptr") {
    if (value.kind !== "scalar") throw new Refusal(`R${register} is not a scalar`, "EINVAL");
    return 0;
  }
  const to = types.resolve(type.type);
  if (to.kind !== "struct")
    throw new Undecided(`argument ${parameter.name} of a function of the kernel`);
  if (isNull(value) && parameter.name.endsWith("__nullable")) return 0;
  if (to.name === "bpf_map" && value.kind === "map_ptr") return 0;
  if (
    to.name.startsWith("bpf_dynptr") ||
    to.name.startsWith("bpf_list") ||
    to.name.startsWith("bpf_rb")
  ) {
    throw new Undecided(`arguments of type ${to.name}`);
  }
  if (!isPointer(value) || value.kind !== "ptr_")
    throw wrongType(value, register, `ptr_${to.name}`);
  if (value.nullable)
    throw new Refusal(`Possibly NULL pointer passed to trusted arg${register - 1}`);
  if (value.type !== undefined && !beginsWith(value.type, to.name, value.offset)) {
    const is = value.type.types.typeById(value.type.id).name;
    throw new Refusal(
      `arg#${register - 1} expected pointer to STRUCT ${to.name} but R${register} has a pointer to STRUCT ${is}`,
      "EINVAL",
    );
  }
  const trusted =
    value.reference !== 0 ||
    value.trust === "trusted" ||
    (rule.takesRcu === true && value.trust === "rcu");
  if (!trusted) {
    const word = rule.takesRcu === true ? "a rcu pointer" : "referenced or trusted";
    throw new Refusal(`R${register} must be ${word}`, "EINVAL");
  }
  return value.reference;
}

function resultOf({ around, proto, rule }: KfuncCall): Value {
  const types = around.program.kernelTypes!;
  const { state, newId } = around;
  const type = types.resolve(proto.type);
  if (type.kind === "void") return unset;
  if (type.kind !== "ptr") return unknownScalar;
  const to = types.resolve(type.type);
  if (to.kind !== "struct") throw new Undecided("what a function of the kernel returns");
  const nullable = rule.mayFail === true;
  const id = newId();
  if (rule.acquires === true) state.references.set(id, state.slot);
  const reference = rule.acquires === true ? id : 0;
  return pointer("ptr_", { type: { types, id: to.id }, trust: "trusted", nullable, id, reference });
}
