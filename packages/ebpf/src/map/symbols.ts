/**
 * Names for the addresses in stack traces: functions of the kernel, and of processes.
 *
 * The kernel tells its own in /proc/kallsyms. Those of a process are in the files it runs, at places that
 * /proc/PID/maps tells; each file is read when an address in it is first asked for. Names are as the linker knows them:
 * nothing is demangled, and functions that were inlined are part of those they are in.
 * @module
 */
import { assertWhole } from "../base/arguments.ts";
import { readElf } from "../elf/read.ts";
import { readSymbols } from "../elf/tables.ts";
import type { ElfFile } from "../elf/elf.ts";
import { BpfError } from "../base/errors.ts";
import { assertKernel } from "../kernel/assert-kernel.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { type FoundSymbol, type SymbolEntry, SymbolTable } from "./symbol-table.ts";

/**
 * The functions of the kernel and its modules. Without CAP_SYSLOG the kernel hides where they are (kernel.kptr_restrict),
 * and the table is empty. It takes some megabytes: make it once.
 */
export function kernelSymbols(kernel: Kernel): SymbolTable {
  assertKernel(kernel);
  const text = textOf(kernel.readFile("/proc/kallsyms"));
  return new SymbolTable(kernelEntries(text));
}

function* kernelEntries(text: string): Generator<SymbolEntry, void> {
  // `ffffffff81000000 T name`, of modules and loaded programs `ffffffffc0000000 t name\t[module]`.
  for (const [, digits, name, origin] of text.matchAll(
    /^([0-9a-f]+) [tTwW] (\S+)(?:\t\[(.+)\])?$/gm,
  )) {
    const address = BigInt(`0x${digits}`);
    if (address !== 0n) yield { address, name: name!, size: 0, origin };
  }
}

/**
 * The functions of process `pid` as its memory is now. Files are read as the process sees them; what is gone or stripped
 * is found as a file without a name.
 * @throws {NotFoundError} when there is no such process.
 */
export function processSymbols(kernel: Kernel, pid: number): ProcessSymbols {
  assertKernel(kernel);
  assertWhole(pid, "the number of a process", { least: 1, most: 2 ** 31 - 1 });
  return new ProcessSymbols(kernel, pid);
}

/** A part of a file that is mapped as code. */
interface Mapping {
  readonly start: bigint;
  readonly end: bigint;
  readonly offset: bigint;
  readonly path: string;
}

/** The functions of a process. */
export class ProcessSymbols {
  readonly #kernel: Kernel;
  readonly #root: string;
  readonly #mappings: readonly Mapping[];
  readonly #files = new Map<string, FileSymbols | undefined>();

  constructor(kernel: Kernel, pid: number) {
    this.#kernel = kernel;
    this.#root = `/proc/${pid}/root`;
    this.#mappings = parseMappings(textOf(kernel.readFile(`/proc/${pid}/maps`)));
  }

  /**
   * The function that `address` is in. Where the file says no name, the name is empty and the offset counts from the start
   * of the file. `undefined` when the address is in no file.
   */
  find(address: bigint): FoundSymbol | undefined {
    const mapping = this.#mappings.find(({ start, end }) => address >= start && address < end);
    if (mapping === undefined) return undefined;
    const { start, offset, path } = mapping;
    const place = address - start + offset;
    const found = this.#symbolsOf(path)?.find(place);
    return found ?? { name: "", offset: Number(place), origin: path };
  }

  #symbolsOf(path: string): FileSymbols | undefined {
    if (!this.#files.has(path)) this.#files.set(path, this.#read(path));
    return this.#files.get(path);
  }

  #read(path: string): FileSymbols | undefined {
    try {
      return new FileSymbols(readElf(this.#kernel.readFile(this.#root + path), path));
    } catch (error) {
      // Deleted, out of reach, or no ELF file: its addresses are told without names.
      if (error instanceof BpfError) return undefined;
      throw error;
    }
  }
}

/** The functions of one file, by their place in it. */
class FileSymbols {
  readonly #file: ElfFile;
  readonly #table: SymbolTable;

  constructor(file: ElfFile) {
    this.#file = file;
    this.#table = new SymbolTable(
      (["symtab", "dynsym"] as const)
        .flatMap((table) => readSymbols(file, table))
        .filter(({ type, section }) => type === "function" && typeof section === "number")
        .map(({ name, value, size }) => ({ address: value, name, size, origin: file.path })),
    );
  }

  find(place: bigint): FoundSymbol | undefined {
    const section = this.#file.sections.find(
      ({ type, address, offset, size }) =>
        type !== "nobits" && address !== 0n && place >= offset && place < offset + size,
    );
    if (section === undefined) return undefined;
    return this.#table.find(place - BigInt(section.offset) + section.address);
  }
}

/** Lines of /proc/PID/maps that are code of files: `55d0a000-55d0c000 r-xp 00002000 08:01 123   /usr/bin/cat`. */
function parseMappings(text: string): readonly Mapping[] {
  const lines = text.matchAll(/^([0-9a-f]+)-([0-9a-f]+) ..x. ([0-9a-f]+) \S+ \d+ +(\/.*)$/gm);
  return [...lines].map(([, start, end, offset, path]) => ({
    start: BigInt(`0x${start}`),
    end: BigInt(`0x${end}`),
    offset: BigInt(`0x${offset}`),
    path: path!,
  }));
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
