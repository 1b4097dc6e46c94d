/**
 * Relocations in words: what an instruction gets from the kernel it is loaded into.
 * @module
 */
import type { ProgramSpec } from "ts-ebpf";

/** A relocation as a program's spec has it. */
type Site = NonNullable<ProgramSpec["relocations"]>[number];

/** `field-offset of task_struct.tgid`. */
export function relocationText({ core }: Site): string {
  if ("field" in core) return `${core.kind} of ${core.field.struct}${pathText(core.field.path)}`;
  return `${core.kind} of ${core.type}${"name" in core ? `::${core.name}` : ""}`;
}

function pathText(path: readonly (string | number)[]): string {
  return path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("");
}

/** Relocations by the index of their instruction, in words. */
export function relocationsOf({
  relocations = [],
}: Pick<ProgramSpec, "relocations">): ReadonlyMap<number, string> {
  return new Map(relocations.map((site) => [site.index, relocationText(site)]));
}
