/**
 * Arguments that are made for one kind of helper: locks, timers, dynamic pointers, addresses kept in maps, per-CPU data.
 * @module
 */
import type { HelperParameter } from "../../../helper/helper-signature.ts";
import { kernelType } from "../memory/map-field.ts";
import type { SpecialField } from "../memory/special-fields.ts";
import { assertAbout, dynptrAt, makeDynptr, releasedBy } from "../object/dynptr.ts";
import { fieldsAround } from "../object/lock.ts";
import { mapOfField } from "../object/place-in-map.ts";
import { Refusal, Undecided } from "../refusal.ts";
import { isFixed, isNull, isPointer, type Pointer, type Value } from "../state/value.ts";
import type { Call } from "./argument.ts";
import { wrongType } from "./socket-argument.ts";

type StructParameter = Extract<HelperParameter, { kind: "struct" }>;

/** Whether a parameter is one of these. */
export function isSpecial(helper: string, type: string): boolean {
  return (
    type === "" ||
    type === "bpf_spin_lock" ||
    type === "bpf_timer" ||
    type === "bpf_dynptr" ||
    helper === "kptr_xchg"
  );
}

/** Checks it. */
export function checkSpecial(call: Call, parameter: StructParameter, register: number): void {
  const value = call.registers[register]!;
  const { name } = call.helper;
  if (parameter.type === "bpf_spin_lock") return;
  if (parameter.type === "bpf_timer") checkTimer(call, value, register);
  else if (name === "kptr_xchg") checkExchange(call, value, register);
  else if (name === "per_cpu_ptr" || name === "this_cpu_ptr") checkPerCpu(value, register);
  else if (parameter.type === "bpf_dynptr") checkDynptr(call, parameter, register);
  else throw new Undecided(`arguments of type ${parameter.type ?? "struct"}`);
}

/** A dynamic pointer: made here, given back, or one that is there. */
function checkDynptr(call: Call, parameter: StructParameter, register: number): void {
  const { around, registers, helper } = call;
  const argument = { value: registers[register]!, register };
  if (parameter.out === true) {
    const about = helper.name === "ringbuf_reserve_dynptr" ? "ringbuf" : "local";
    if (about === "local") assertMapValue(registers[1]!);
    const reference = about === "ringbuf" ? around.newId() : 0;
    makeDynptr(around, argument, { about, reference });
    if (reference !== 0) around.state.references.set(reference, around.state.slot);
    return;
  }
  const found = dynptrAt(around.state, argument);
  call.dynptr = found;
  if (!parameter.release) return;
  assertAbout(found, "ringbuf", register);
  call.released = releasedBy(found, register);
}

function assertMapValue(data: Value): void {
  if (data.kind === "map_value") return;
  throw new Refusal(`Unsupported reg type ${data.kind} for bpf_dynptr_from_mem data`);
}

function checkTimer(call: Call, value: Value, register: number): void {
  if (value.kind !== "map_value" || value.nullable) throw wrongType(value, register, "map_value");
  call.field = mapOfField(value, register, "bpf_timer");
}

function checkPerCpu(value: Value, register: number): void {
  const isPerCpu =
    isPointer(value) && value.kind === "ptr_" && value.trust === "percpu" && !value.nullable;
  if (!isPerCpu)
    throw wrongType(value, register, "percpu_ptr_, percpu_rcu_ptr_, percpu_trusted_ptr_");
}

/** The place of an address in a map or an object, and the address that goes there. */
function checkExchange(call: Call, value: Value, register: number): void {
  if (register === 1) {
    const isPlace = value.kind === "map_value" || (value.kind === "ptr_" && value.own);
    if (!isPlace || value.nullable) throw wrongType(value, register, "map_value, ptr_");
    exchanged(value);
    return;
  }
  if (isNull(value)) return;
  if (!isPointer(value) || value.kind !== "ptr_" || value.nullable)
    throw wrongType(value, register, "ptr_, trusted_ptr_");
  if (value.reference === 0) {
    throw new Refusal(`R${register} must be referenced when passed to release function`, "EINVAL");
  }
  const place = call.registers[1] as Pointer;
  const wanted = kernelType(call.around.program, place, exchanged(place));
  const [is, expected] = [value.type!, wanted].map(({ types, id }) => types.typeById(id).name);
  if (is !== expected) {
    throw new Refusal(
      `invalid kptr access, R${register} type=ptr_${is} expected=ptr_${expected}`,
      "EINVAL",
    );
  }
  call.released = value.reference;
}

/** The field that an address leads to. */
export function exchanged(place: Pointer): SpecialField {
  const field = fieldsAround(place).find((it) => it.offset === place.offset);
  if (!isFixed(place))
    throw new Refusal(
      "R1 doesn't have constant offset. kptr has to be at the constant offset",
      "EINVAL",
    );
  if (field === undefined || (field.kind !== "kptr_ref" && field.kind !== "kptr_percpu")) {
    throw new Refusal(`off=${place.offset} doesn't point to kptr`);
  }
  return field;
}
