/**
 * The context of the program itself, for those that are given arguments instead: functions of the kernel and helpers that
 * want it are called without it.
 * @module
 */
import type { Value } from "../../ir/operation.ts";
import type { CallSite } from "../call-site.ts";

/** The context; an error in functions that the program calls, which have none. */
export function ownContext(site: CallSite): Value {
  const { builder, finish, results } = site.lowering;
  const isProgram = results === undefined && finish === undefined;
  const context = builder.function.blocks[0]!.parameters[0];
  if (isProgram && context !== undefined) return context;
  const hint = "call it in the program's own function, and pass on what it gives";
  return site.fail(`${site.name} is given no context here`, hint);
}
