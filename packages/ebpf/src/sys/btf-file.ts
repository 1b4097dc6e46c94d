/**
 * BTF of the running kernel and its modules, as files of sysfs.
 * @module
 */
import { readFileSync } from "node:fs";
import { didYouMean } from "../base/text.ts";
import { fromSystem, type Meaning } from "./call/failure.ts";
import { type Files, hostFiles } from "./machine/files.ts";

/** Where the kernel shows BTF: one file for itself, `vmlinux`, and one for each module. */
export const btfFolder = "/sys/kernel/btf";

/**
 * BTF of the kernel (`vmlinux`, since 5.4) or of a module (since 5.11).
 * @throws {NotSupportedError} when the kernel was built without; {@link NotFoundError} when no such module is loaded.
 */
export function readBtfFile(name: string): Uint8Array {
  const operation = {
    text: `read the BTF of ${name}`,
    meanings: { ENOENT: name === "vmlinux" ? withoutBtf : unknownModule(name) },
  };
  const file = fromSystem(operation, () => readFileSync(`${btfFolder}/${name}`));
  return new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
}

const withoutBtf: Meaning = {
  kind: "not-supported",
  feature: "BTF of its own types",
  hint: "use a kernel built with CONFIG_DEBUG_INFO_BTF, as most distributions have since 2021",
};

function unknownModule(name: string, files: Files = hostFiles): Meaning {
  const hint = didYouMean(name, files.names(btfFolder) ?? []);
  return {
    reason: "no module of that name is loaded, or it was built without BTF",
    ...(hint === undefined ? {} : { hint }),
  };
}
