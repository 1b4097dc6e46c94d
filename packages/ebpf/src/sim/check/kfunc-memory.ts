/**
 * Memory that functions of the kernel are given: `check_kfunc_mem_size_reg` of kernel/bpf/verifier.c.
 *
 * How much it is the parameter behind it says, whose name ends in `__sz` or `__szk`; without one, the type it leads to.
 * As nothing says whether a function reads or writes, both must be allowed.
 * @module
 */
import type { BtfType } from "../../btf/type.ts";
import { checkMemory, sizeIn } from "./argument.ts";
import type { KfuncArgument, KfuncCall } from "./kfunc-argument.ts";
import { Undecided } from "./refusal.ts";
import { currentFrame } from "./state.ts";
import { isNull } from "./value.ts";

/** Checks an argument that leads to memory of `to`. */
export function checkKfuncMemory(
  { around, name, proto }: KfuncCall,
  { parameter, value, register }: KfuncArgument,
  to: BtfType,
): void {
  const { registers } = currentFrame(around.state);
  const next = proto.parameters[register]?.name ?? "";
  const sized = /__szk?$/.test(next);
  if (!sized && (to.kind !== "int" || parameter.name.endsWith("__str"))) {
    throw new Undecided(`argument ${parameter.name} of ${name}`);
  }
  const call = { around, registers, helper: { name } };
  const size = sized
    ? sizeIn(call, register + 1, { zeroAllowed: true })
    : around.program.kernelTypes!.size(to.id);
  const optional = parameter.name.endsWith("__opt") || parameter.name.endsWith("__nullable");
  if (optional && isNull(value)) return;
  checkMemory(call, { register, size, write: false });
  checkMemory(call, { register, size, write: true });
}
