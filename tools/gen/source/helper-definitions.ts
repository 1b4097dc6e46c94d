/**
 * Helpers as the header of libbpf declares them: names and C types of parameters and results.
 * @module
 */
import { readFileSync } from "node:fs";

/** A function of the header. */
export interface Definition {
  /** Without prefix: `map_lookup_elem`. */
  readonly name: string;
  readonly id: number;
  /** C type of the result: `void *`. */
  readonly result: string;
  readonly parameters: readonly { readonly name: string; readonly type: string }[];
  readonly variadic: boolean;
}

const folder = "/usr/include/bpf";

/** `libbpf 1.1`, or that there is none. */
export function libraryRelease(): string {
  try {
    const text = readFileSync(`${folder}/libbpf_version.h`, "utf8");
    const number = (part: string) => new RegExp(`${part}_VERSION (\\d+)`).exec(text)?.[1];
    return `libbpf ${number("MAJOR")}.${number("MINOR")}`;
  } catch {
    return "no libbpf";
  }
}

/** The functions, in the order of their numbers. */
export function helperDefinitions(): readonly Definition[] {
  const text = readFileSync(`${folder}/bpf_helper_defs.h`, "utf8");
  const declarations = text.matchAll(
    /^static (.+?)\(\*bpf_(\w+)\)\((.*)\) = \(void \*\) (\d+);$/gm,
  );
  return [...declarations].map(([, result, name, parameters, id]) => ({
    name: name!,
    id: Number(id),
    result: result!.trim(),
    ...parametersOf(parameters!),
  }));
}

function parametersOf(text: string): Pick<Definition, "parameters" | "variadic"> {
  const parts = text === "void" ? [] : text.split(", ");
  const parameters = parts
    .filter((part) => part !== "...")
    .map((part) => {
      const [, type, name] = /^(.*?)(\w+)$/.exec(part)!;
      return { type: type!.trim(), name: name! };
    });
  return { parameters, variadic: parts.includes("...") };
}
