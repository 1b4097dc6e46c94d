/**
 * BTF of the running kernel and its modules, as files of sysfs.
 *
 * The kernel's own is megabytes, which sysfs gives out a page at a time. Since 6.16 it can be mapped instead, in a fiftieth of
 * the time.
 * @module
 */
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import type { Bridge } from "@ts-ebpf/native";
import { assertText } from "../base/arguments.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import { fromSystem, type Meaning } from "./call/failure.ts";
import { type Files, hostFiles } from "./machine/files.ts";

/** Where the kernel shows BTF: one file for itself, `vmlinux`, and one for each module. */
export const btfFolder = "/sys/kernel/btf";

/**
 * BTF of the kernel (`vmlinux`, since 5.4) or of a module (since 5.11). It may be memory of the kernel: a write to it
 * ends the process.
 * @throws {NotSupportedError} when the kernel was built without; {@link NotFoundError} when no such module is loaded.
 * @throws {InvalidArgumentError} for what cannot be the name of one.
 */
export function readBtfFile(name: string, bridge: Bridge): Uint8Array {
  assertText(name, "the name of a module");
  if (name === "" || name.includes("/")) {
    throw new InvalidArgumentError(`${JSON.stringify(name)} is not the name of a module`, {
      hint: 'give "vmlinux" for the kernel itself, or a name as lsmod prints it',
    });
  }
  const operation = {
    text: `read the BTF of ${name}`,
    meanings: { ENOENT: name === "vmlinux" ? withoutBtf : unknownModule(name) },
  };
  return fromSystem(operation, () => {
    const file = openSync(`${btfFolder}/${name}`, "r");
    try {
      return mapFile(file, bridge) ?? readFile(file);
    } finally {
      closeSync(file);
    }
  });
}

// include/uapi/asm-generic/mman-common.h and linux/mman.h. The kernel takes only this: btf_sysfs_vmlinux_mmap,
// kernel/bpf/sysfs_btf.c.
const protRead = 1;
const mapPrivate = 2;

/** The file as memory; `undefined` where it cannot be mapped: before 6.16, and for modules. */
function mapFile(file: number, bridge: Bridge): Uint8Array | undefined {
  const { size } = fstatSync(file);
  const memory = bridge.map(file, size, protRead, mapPrivate, 0);
  return typeof memory === "number" ? undefined : new Uint8Array(memory, 0, size);
}

function readFile(file: number): Uint8Array {
  const { buffer, byteOffset, byteLength } = readFileSync(file);
  return new Uint8Array(buffer, byteOffset, byteLength);
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
