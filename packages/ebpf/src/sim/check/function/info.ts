/**
 * The table of functions that goes with a program: whether it is of these functions, and whether what functions do fits
 * what they return. `check_btf_func` and `check_abnormal_return` of kernel/bpf/verifier.c.
 * @module
 */
import type { Btf } from "../../../btf/btf.ts";
import type { Slots } from "../flow/live.ts";
import type { CheckedFunction, CheckedProgram } from "../program.ts";
import { Refusal } from "../refusal.ts";
import { type FunctionTable, tailCall } from "./table.ts";

/** Refuses a table that is of other functions, and what ends functions early that do not return a number. */
export function assertFunctionInfo(
  { functions = [], types }: CheckedProgram,
  slots: Slots,
  table: FunctionTable,
): void {
  const starts = [...table.byStart.keys()];
  if (functions.length > 0) assertSame(functions, starts);
  for (const [index, start] of starts.entries()) {
    if (index === 0) continue;
    const early = endsEarly(slots.slice(start, starts[index + 1]));
    if (early === undefined) continue;
    if (functions.length === 0)
      throw new Refusal(`${early} is not allowed in subprogs without BTF`, "EINVAL");
    if (!returnsNumber(types, functions[index]!))
      throw new Refusal(`${early} is only allowed in functions that return 'int'.`, "EINVAL");
  }
}

function assertSame(functions: readonly CheckedFunction[], starts: readonly number[]): void {
  if (functions.length !== starts.length) {
    throw new Refusal("number of funcs in func_info doesn't match number of subprogs", "EINVAL");
  }
  if (functions.every(({ slot }, index) => slot === starts[index])) return;
  throw new Refusal("func_info BTF section doesn't match subprog layout in BPF program", "EINVAL");
}

/** What ends a function early: a load from the packet that fails, or another program that takes over. */
function endsEarly(body: Slots): string | undefined {
  if (body.some((it) => it?.kind === "packet-load")) return "LD_ABS";
  const tails = body.some((it) => it?.kind === "call-helper" && it.id === tailCall);
  return tails ? "tail_call" : undefined;
}

function returnsNumber(types: Btf | undefined, { type }: CheckedFunction): boolean {
  const func = types?.typeById(type);
  const proto = func?.kind === "func" ? types!.typeById(func.type) : undefined;
  if (proto?.kind !== "func_proto") return true;
  return numbers.has(types!.resolve(proto.type).kind);
}

const numbers: ReadonlySet<string> = new Set(["int", "enum", "enum64"]);
