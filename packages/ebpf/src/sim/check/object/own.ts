/**
 * Objects that a program makes of its own types, gives back, and counts: `bpf_obj_new` and its kind.
 *
 * The type is told by its number among the program's types, which the functions of the kernel get as a constant.
 * `check_special_kfunc` of kernel/bpf/verifier.c.
 * @module
 */
import type { KfuncCall } from "../kfunc/argument.ts";
import { fieldsOf } from "../memory/special-fields.ts";
import { markPrecise } from "../number/origin.ts";
import { constantOf } from "../number/scalar.ts";
import { Refusal } from "../refusal.ts";
import { currentFrame } from "../state/state.ts";
import { isPointer, type Pointer, pointer, unset, type Value } from "../state/value.ts";

/** What a call returned, and the reference that it gave back. */
export interface OwnResult {
  readonly result: Value;
  readonly released: number;
}

const rules: Readonly<Record<string, (call: KfuncCall) => OwnResult>> = {
  bpf_obj_new_impl: makeObject,
  bpf_obj_drop_impl: dropObject,
  bpf_refcount_acquire_impl: shareObject,
};

/** Whether a function of the kernel makes or ends objects of the program. */
export function isOwnFunction(name: string): boolean {
  return name in rules;
}

/** Checks a call. */
export function callOwn(call: KfuncCall): OwnResult {
  return rules[call.name]!(call);
}

function makeObject({ around }: KfuncCall): OwnResult {
  const { program, state, newId } = around;
  const number = currentFrame(state).registers[1]!;
  if (number.kind !== "scalar") throw new Refusal("R1 is not a scalar", "EINVAL");
  const constant = constantOf(number);
  if (constant === undefined) throw new Refusal("R1 must be a known constant", "EINVAL");
  markPrecise(number.origin);
  if (constant > 0xffffffffn) {
    throw new Refusal("local type ID argument must be in range [0, U32_MAX]", "EINVAL");
  }
  const { types } = program;
  if (types === undefined) {
    throw new Refusal("bpf_obj_new/bpf_percpu_obj_new requires prog BTF", "EINVAL");
  }
  const id = Number(constant);
  const type = id > 0 && id < types.typeCount ? types.typeById(id) : undefined;
  if (type?.kind !== "struct") {
    throw new Refusal(
      "bpf_obj_new/bpf_percpu_obj_new type ID argument must be of a struct",
      "EINVAL",
    );
  }
  const reference = newId();
  state.references.set(reference, state.slot);
  const known = { own: true, nullable: true, id: reference, reference } as const;
  return { result: pointer("ptr_", { ...known, type: { types, id } }), released: 0 };
}

function ownObject({ around }: KfuncCall): Pointer {
  const value = currentFrame(around.state).registers[1]!;
  if (value.kind === "unset") throw new Refusal("R1 !read_ok");
  if (isPointer(value) && value.kind === "ptr_" && value.own && !value.nullable) return value;
  throw new Refusal("arg#0 expected pointer to allocated object", "EINVAL");
}

function dropObject(call: KfuncCall): OwnResult {
  const { reference, offset } = ownObject(call);
  if (reference === 0) throw new Refusal("allocated object must be referenced", "EINVAL");
  if (offset !== 0) {
    throw new Refusal(
      "R1 must have zero offset when passed to release func or trusted arg to kfunc",
      "EINVAL",
    );
  }
  return { result: unset, released: reference };
}

/** One more reference of an object that is counted; it may have ended when it was only borrowed. */
function shareObject(call: KfuncCall): OwnResult {
  const object = ownObject(call);
  const { types, id: type } = object.type!;
  if (!fieldsOf(types, type).some(({ kind }) => kind === "bpf_refcount")) {
    throw new Refusal("arg#0 doesn't point to a type with bpf_refcount field", "EINVAL");
  }
  const { state, newId } = call.around;
  const reference = newId();
  state.references.set(reference, state.slot);
  const nullable = object.reference === 0;
  const known = { own: true, nullable, id: reference, reference } as const;
  return { result: pointer("ptr_", { ...known, type: object.type }), released: 0 };
}
