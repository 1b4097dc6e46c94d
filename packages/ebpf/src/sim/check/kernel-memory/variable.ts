/**
 * Variables of the kernel that a program names: `check_pseudo_btf_id` of kernel/bpf/verifier.c.
 * @module
 */
import type { CheckedProgram } from "../program.ts";
import { Undecided } from "../refusal.ts";
import { pointer, type Value } from "../state/value.ts";

/** The address of the variable or function with this number in the kernel's BTF. */
export function kernelVariable(
  { kernelTypes }: CheckedProgram,
  { id, object }: { readonly id: number; readonly object: number },
): Value {
  if (kernelTypes === undefined || object !== 0) throw new Undecided("variables of the kernel");
  const variable = kernelTypes.typeById(id);
  if (variable.kind === "func") return pointer("rdonly_mem", { size: 0 });
  if (variable.kind !== "var") throw new Undecided("variables of the kernel");
  const type = kernelTypes.resolve(variable.type);
  const to = { types: kernelTypes, id: type.id };
  const sections = kernelTypes.types("datasec");
  for (const section of sections) {
    const isHere =
      section.name === ".data..percpu" && section.variables.some((it) => it.type === id);
    if (isHere) return pointer("ptr_", { trust: "percpu", type: to });
  }
  if (type.kind === "struct") return pointer("ptr_", { type: to });
  return pointer("rdonly_mem", { size: kernelTypes.size(type.id) });
}
