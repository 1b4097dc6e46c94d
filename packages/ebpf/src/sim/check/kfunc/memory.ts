/**
 * Memory that functions of the kernel are given: `check_mem_reg` and `check_kfunc_mem_size_reg` of kernel/bpf/verifier.c.
 *
 * How much it is the parameter behind it says, whose name ends in `__sz` or `__szk`; without one, the type it leads to,
 * which must then be made of numbers only. As nothing says whether a function reads or writes, both must be allowed.
 * @module
 */
import type { Btf } from "../../../btf/btf.ts";
import type { BtfType } from "../../../btf/type.ts";
import { checkMemory, sizeIn } from "../helper/argument.ts";
import { Refusal } from "../refusal.ts";
import { currentFrame } from "../state/state.ts";
import { isNull, isPointer } from "../state/value.ts";
import type { KfuncArgument, KfuncCall } from "./argument.ts";

/** Checks an argument that leads to memory of `to`. */
export function checkKfuncMemory(
  { around, name, proto }: KfuncCall,
  { parameter, value, register }: KfuncArgument,
  to: BtfType,
): void {
  const { registers } = currentFrame(around.state);
  const types = around.program.kernelTypes!;
  const sized = /__szk?$/.test(proto.parameters[register]?.name ?? "");
  if (!isMadeOfNumbers(types, to, 0) && !(sized && to.kind === "void")) {
    throw new Refusal(
      `arg#${register - 1} pointer type ${to.kind.toUpperCase()} ${to.name} must point to ` +
        `${sized ? "void, " : ""}scalar, or struct with scalar`,
      "EINVAL",
    );
  }
  const there = isPointer(value) ? { ...value, nullable: false } : value;
  const call = { around, registers: registers.with(register, there), helper: { name } };
  const size = sized ? sizeIn(call, register + 1, { zeroAllowed: true }) : types.size(to.id);
  const optional = /__(opt|nullable)$/.test(parameter.name);
  if ((!sized || optional || size === 0) && isNull(value)) return;
  checkMemory(call, { register, size, write: false });
  checkMemory(call, { register, size, write: true });
}

/** A number, or a struct of such, not too deep within others (`__btf_type_is_scalar_struct`). */
function isMadeOfNumbers(types: Btf, type: BtfType, depth: number): boolean {
  if (numbers.has(type.kind)) return true;
  if ((type.kind !== "struct" && type.kind !== "union") || depth > 3) return false;
  return type.members.every((member) => {
    const to = types.resolve(member.type);
    if (to.kind !== "array") return isMadeOfNumbers(types, to, depth + 1);
    return to.length > 0 && numbers.has(types.resolve(to.type).kind);
  });
}

const numbers: ReadonlySet<string> = new Set(["int", "enum", "enum64"]);
