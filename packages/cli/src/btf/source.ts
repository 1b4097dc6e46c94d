/**
 * Where types come from: a file, or something that the kernel has loaded.
 * @module
 */
import { basename, dirname, resolve } from "node:path";
import { InvalidArgumentError } from "ts-ebpf";
import { type Btf, parseBtf, rebaseBtf } from "ts-ebpf/btf";
import { findSection, readElf } from "ts-ebpf/elf";
import { readBtfObject } from "ts-ebpf/inspect";
import type { BtfId, MapId, ProgramId } from "ts-ebpf/kernel";
import { openNativeKernel } from "ts-ebpf/sys";
import { readFile } from "../file/read-file.ts";
import { UsageError } from "../usage-error.ts";
import type { BtfHolder } from "./command.ts";

/** Where the kernel shows its types and those of its modules. */
const kernelFolder = "/sys/kernel/btf";

/** BTF of the running kernel. */
export const runningKernel = `${kernelFolder}/vmlinux`;

/** What the types are of: the kind of thing, and its path or number. */
export interface BtfPlace {
  readonly of: BtfHolder;
  readonly which: string;
}

/**
 * The types at `place`. A file goes on from that at `base`, one of a kernel module without it from the kernel's.
 * @throws {InvalidArgumentError} when there is no such file, or it has no types; {@link UsageError} when `which` is no number.
 * @throws {MalformedError} when it is damaged, or no BTF.
 * @throws {NotFoundError} when nothing with this number is loaded; {@link PermissionError} without privileges.
 */
export function readTypes({ of, which }: BtfPlace, base?: string): Btf {
  if (of === "file") return readBtfFile(which, base);
  if (base !== undefined) {
    throw new UsageError("--base is for files; of what is loaded the kernel knows it");
  }
  const id = /^[1-9]\d*$/.test(which) ? Number(which) : 0;
  if (id === 0) {
    throw new UsageError(`"${which}" is not a number of what is loaded`, {
      hint: 'give one of "ts-ebpf list"; a file is: ts-ebpf btf dump file PATH',
    });
  }
  return readBtfObject(of === "id" ? (id as BtfId) : btfOf(of, id));
}

function btfOf(of: "prog" | "map", id: number): BtfId {
  const kernel = openNativeKernel();
  using object =
    of === "prog"
      ? kernel.bpf("progGetFdById", { id: id as ProgramId })
      : kernel.bpf("mapGetFdById", { id: id as MapId });
  const info = kernel.bpf("objGetInfoByFd", { object });
  if ("btfId" in info && info.btfId !== 0) return info.btfId;
  throw new InvalidArgumentError(`${of === "prog" ? "program" : "map"} ${id} has no types`, {
    hint: "it was loaded without BTF",
  });
}

/**
 * The types in the file at `path`: BTF, or an object file. A module that was built apart from its kernel brings what it needs
 * of the kernel's types along; with `base` these are looked up there.
 * @throws as {@link readTypes}.
 */
export function readBtfFile(path: string, base?: string): Btf {
  const { types, distilled } = sectionsIn(path);
  const from = base ?? (isModule(path) ? runningKernel : undefined);
  const real = from === undefined ? undefined : readBtfFile(from);
  const name = basename(path);
  if (distilled === undefined) return parseBtf(types, { path: name, base: real });
  const own = parseBtf(distilled, { path: `${name} › .BTF.base` });
  const split = parseBtf(types, { path: name, base: own });
  return real === undefined ? split : rebaseBtf(split, real);
}

function isModule(path: string): boolean {
  const at = resolve(path);
  return dirname(at) === kernelFolder && at !== runningKernel;
}

/**
 * The BTF in the file at `path`, which is nothing else, or an ELF file with it in a section.
 * @throws {InvalidArgumentError} when there is no such file, or it has no types.
 */
export function btfBytesIn(path: string): Uint8Array {
  return sectionsIn(path).types;
}

/** The types in a file. */
interface TypeSections {
  readonly types: Uint8Array;
  /** What they go on from, where the file has that. */
  readonly distilled: Uint8Array | undefined;
}

const elfMagic = Buffer.from("\x7fELF", "latin1");

function sectionsIn(path: string): TypeSections {
  const bytes = readFile(path, "give a file of BTF or an object file");
  if (!bytes.subarray(0, elfMagic.length).equals(elfMagic)) {
    return { types: bytes, distilled: undefined };
  }
  const elf = readElf(bytes, path);
  const types = findSection(elf, ".BTF")?.bytes;
  if (types !== undefined) return { types, distilled: findSection(elf, ".BTF.base")?.bytes };
  throw new InvalidArgumentError(`${path} has no types: there is no section .BTF`, {
    hint: "compile it with -g",
  });
}
