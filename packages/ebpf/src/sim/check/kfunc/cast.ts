/**
 * Addresses that functions of the kernel take for others: the context for what the kernel has behind it, anything for a
 * struct or for bytes, to be read with care. `check_special_kfunc` of kernel/bpf/verifier.c.
 * @module
 */
import type { Btf } from "../../../btf/btf.ts";
import { typeName } from "../memory/access.ts";
import { markPrecise } from "../number/origin.ts";
import { constantOf } from "../number/scalar.ts";
import { Refusal, Undecided } from "../refusal.ts";
import { currentFrame } from "../state/state.ts";
import { isFixed, isPointer, pointer, type Value } from "../state/value.ts";
import type { KfuncCall } from "./argument.ts";

const casts: Readonly<Record<string, (call: KfuncCall) => Value>> = {
  bpf_cast_to_kern_ctx: castContext,
  bpf_rdonly_cast: castToRead,
};

/** Whether a function only gives an address another type. */
export function isCast(name: string): boolean {
  return name in casts;
}

/** Checks a call; what it returns. */
export function callCast(call: KfuncCall): Value {
  return casts[call.name]!(call);
}

/** The kernel's own context, of which the program's is a view. */
function castContext({ around: { program, state } }: KfuncCall): Value {
  const value = currentFrame(state).registers[1]!;
  if (value.kind === "unset") throw new Refusal("R1 !read_ok");
  if (value.kind !== "ctx" || value.offset !== 0 || !isFixed(value)) {
    const is = isPointer(value) ? typeName(value) : value.kind;
    throw new Refusal(`arg#0 expected pointer to ctx, but got ${is}`, "EINVAL");
  }
  const types = program.kernelTypes!;
  const contexts = types.findByName("bpf_ctx_convert", "struct")?.members ?? [];
  const name = `BPF_PROG_TYPE_${program.type.toUpperCase()}_kern`;
  const member = contexts.find((it) => it.name === name);
  if (member === undefined) throw new Undecided(`the kernel's context of ${program.type} programs`);
  return pointer("ptr_", {
    type: { types, id: types.resolve(member.type).id },
    trust: "trusted",
  });
}

function castToRead({ around: { program, state } }: KfuncCall): Value {
  const { registers } = currentFrame(state);
  const number = registers[2]!;
  if (number.kind === "unset") throw new Refusal("R2 !read_ok");
  const id = number.kind === "scalar" ? constantOf(number) : undefined;
  if (number.kind !== "scalar" || id === undefined)
    throw new Refusal("R2 must be a known constant", "EINVAL");
  markPrecise(number.origin);
  const types: Btf = program.kernelTypes!;
  if (id === 0n) return pointer("rdonly_mem", { trust: "untrusted" });
  if (id >= BigInt(types.typeCount)) {
    throw new Refusal(`Unknown type ID ${id} passed to kfunc bpf_rdonly_cast`, "EINVAL");
  }
  const type = types.typeById(Number(id));
  if (type.kind === "struct" || type.kind === "union")
    return pointer("ptr_", { type: { types, id: type.id }, trust: "untrusted" });
  throw new Refusal("kfunc bpf_rdonly_cast type ID argument must be of a struct or void", "EINVAL");
}
