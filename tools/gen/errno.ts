/**
 * Generates names and numbers of errors from the headers of the machine-independent errno values.
 *
 * Every architecture that Node runs on uses asm-generic's numbers for what bpf(2) and its relatives return. The
 * numbers from 512 up never leave the kernel by rule; a few do by mistake and are listed with their source.
 * @module
 */
import { readFileSync } from "node:fs";
import { type Generator, header } from "./generator.ts";

const headers = ["/usr/include/asm-generic/errno-base.h", "/usr/include/asm-generic/errno.h"];

/** Errors that include/linux/errno.h keeps inside the kernel and bpf(2) lets out. */
const kernelInternal: readonly (readonly [string, number])[] = [["ENOTSUPP", 524]];

/** Makes `kernel/generated/errno.ts`. */
export const generator: Generator = {
  name: "errno",
  release: () => undefined,
  generate: () => {
    const entries = [...headers.flatMap(parseErrors), ...kernelInternal];
    const lines = entries.map(([name, value]) => `  ${name}: ${value},\n`).join("");
    const comment = "/** Numbers of errors by name. */\n";
    const source = "include/uapi/asm-generic/errno.h and include/linux/errno.h";
    const text = `${header("errno", source)}\n${comment}export const errnoNumbers = {\n${lines}} as const;\n`;
    return [{ path: "packages/ebpf/src/kernel/generated/errno.ts", text }];
  },
};

/** Errors defined by number; those that are another name of one are left out. */
function parseErrors(path: string): readonly (readonly [string, number])[] {
  const lines = readFileSync(path, "utf8").matchAll(/^#define\s+(E\w+)\s+(\d+)/gm);
  return [...lines].map((match) => [match[1]!, Number(match[2])] as const);
}
