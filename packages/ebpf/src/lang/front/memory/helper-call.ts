/**
 * Calls of the kernel's helpers with what the compiler has in its hands.
 * @module
 */
import { helperId, type HelperName } from "../../../helper/helper-id.ts";
import type { Callee, Operand, StackSlot, Value } from "../../ir/operation.ts";
import type { ValueNote } from "../../ir/function.ts";
import type { Lowering } from "../lowering.ts";
import { addressOf, type DirectPlace, slotOf } from "./place.ts";

/** An argument: a value, or the address of a place. */
export type CallArgument = Operand | ReachingPlace;

/** A place whose address is given, with the parts of the stack that are reached through addresses in it. */
export interface ReachingPlace extends DirectPlace {
  readonly reaches?: readonly StackSlot[] | undefined;
}

/** Calls a helper; its result as 64 bits. */
export function callHelper(
  lowering: Lowering,
  name: HelperName,
  given: readonly CallArgument[],
  note: ValueNote = {},
): Value {
  return call(lowering, { kind: "helper", id: helperId(name), name }, given, note);
}

/** Calls something; its result as 64 bits. */
export function call(
  lowering: Lowering,
  callee: Callee,
  given: readonly CallArgument[],
  note: ValueNote = {},
): Value {
  const touches = new Set<StackSlot>();
  const operands = given.map((argument): Operand => {
    if (typeof argument !== "object") return argument;
    const slot = slotOf(argument);
    if (slot !== undefined) touches.add(slot);
    for (const reached of argument.reaches ?? []) touches.add(reached);
    return addressOf(lowering, argument);
  });
  return lowering.builder.define(
    { kind: "call", callee, arguments: operands, touches: [...touches] },
    note,
  );
}
