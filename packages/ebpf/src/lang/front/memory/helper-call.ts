/**
 * Calls of the kernel's helpers with what the compiler has in its hands.
 * @module
 */
import { helperId, type HelperName } from "../../../helper/helper-id.ts";
import { helperById, type HelperSignature } from "../../../helper/helper-signature.ts";
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
  const id = helperId(name);
  needsHelper(lowering, helperById(id)!);
  const result = call(lowering, { kind: "helper", id, name }, given, note);
  if (!isHalf(lowering, name)) return result;
  return lowering.builder.define({ kind: "extend", bits: 32, signed: true, operand: result });
}

/** Helpers in whose place the verifier puts calls of the map's own functions. */
const ofMaps: ReadonlySet<string> = new Set<HelperName>([
  "map_update_elem",
  "map_delete_elem",
  "map_push_elem",
  "map_pop_elem",
  "map_peek_elem",
  "for_each_map_elem",
]);

/** Before Linux 6.4 functions of maps return 32 bits with sign, and leave the upper half of the register to chance. */
function isHalf({ program: { target } }: Lowering, name: HelperName): boolean {
  return (target.kernelVersion < 6004 || target.portable) && ofMaps.has(name);
}

/** Ends in an error where the target lacks a helper. Its types tell too: distributions add helpers to old kernels. */
export function needsHelper(lowering: Lowering, { since, name, camelName }: HelperSignature): void {
  const { btf, kernelVersion } = lowering.program.target;
  if (kernelVersion >= 1000 * since[0] + since[1]) return;
  if (btf !== undefined && btf.enumsWith(`BPF_FUNC_${name}`).length > 0) return;
  const hint = "leave it out where it may be missing; a kernel that has it is needed otherwise";
  lowering.needsLinux(since, `bpf.${camelName}`, hint);
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
