/**
 * Functions that the kernel calls back.
 * @module
 */
import type { Operand } from "../../ir/operation.ts";
import type { CallSite } from "../call-site.ts";

/** The address of a function of the program. */
export function functionAddress(site: CallSite, index: number): Operand {
  return site.lowering.fail(site.argumentNode(index), "functions cannot be given to helpers yet");
}
