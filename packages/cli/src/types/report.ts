/**
 * What `types` says of what it wrote.
 * @module
 */
import { BpfError } from "ts-ebpf";
import type { Btf, TypeScriptFile } from "ts-ebpf/btf";
import { writtenName } from "./declaration-file.ts";
import type { Project } from "./project.ts";

/** What was written, and what of. */
export interface Written {
  /** The file, or `-`. */
  readonly out: string;
  /** Whether the file holds something else than before. */
  readonly changed: boolean;
  /** Kernel or file the types are of. */
  readonly kernel: string;
  readonly btf: Btf;
  readonly project: Project;
  readonly declarations: TypeScriptFile;
}

/** A line for people. */
export function textOf({ out, changed, kernel, declarations }: Written): string {
  const { types, tracepoints, lsmHooks, kfuncs, functionEntries } = declarations.counts;
  const parts = [
    count(types, "struct"),
    count(tracepoints, "tracepoint"),
    count(lsmHooks, "LSM hook"),
    count(kfuncs, "kfunc"),
    `${count(functionEntries, "function")} of the project`,
  ];
  const verb = changed ? "written" : "up to date";
  return `${writtenName(out)} ${verb}: ${parts.join(", ")} (${kernel})`;
}

/** Names in the sources that the kernel has no function for, a line for each. */
export function warningsOf({ btf, project, declarations }: Written): readonly string[] {
  return declarations.missingFunctions.map((name) => {
    const hint = hintFor(btf, name);
    const meant = hint === undefined ? "" : `; ${hint}`;
    return `warning: ${btf.path} has no function "${name}" (${project.functions.get(name)})${meant}`;
  });
}

/** What was written as an object for programs. */
export function jsonOf({ out, changed, kernel, project, declarations }: Written): object {
  const missing = new Set(declarations.missingFunctions);
  return {
    type: "types",
    file: out,
    changed,
    kernel,
    sources: project.sourceCount,
    counts: declarations.counts,
    functions: [...project.functions].map(([name, source]) => ({
      name,
      source,
      known: !missing.has(name),
    })),
  };
}

function count(number: number, word: string): string {
  return `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;
}

/** What the library says of a name it does not find. */
function hintFor(btf: Btf, name: string): string | undefined {
  try {
    btf.typeByName(name, "func");
  } catch (error) {
    if (error instanceof BpfError) return error.hint;
    throw error;
  }
  return undefined;
}
