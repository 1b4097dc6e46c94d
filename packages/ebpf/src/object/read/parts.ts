/**
 * The parts of an object file that everything in it is read from.
 * @module
 */
import { MalformedError } from "../../base/errors.ts";
import { parseBtf, type Btf } from "../../btf/btf.ts";
import { voidId } from "../../btf/type.ts";
import { parseBtfExt, type BtfExt } from "../../btf/ext/sections.ts";
import { bpfMachine, type ElfFile, type ElfSection, type ElfSymbol } from "../../elf/elf.ts";
import { readElf } from "../../elf/read.ts";
import { findSection, readSymbols } from "../../elf/tables.ts";
import { machineOrder } from "../../isa/slot.ts";
import type { MapFileTypes, FileTypes } from "../../spec/file-types.ts";

/** An object file taken apart. */
export interface ObjectParts {
  readonly file: ElfFile;
  readonly symbols: readonly ElfSymbol[];
  /** Those of each section, by its index and in the order of their places, but for the one of the section itself. */
  readonly symbolsBySection: ReadonlyMap<number, readonly ElfSymbol[]>;
  /** Left out by compilers without `-g`. */
  readonly btf: Btf | undefined;
  readonly ext: BtfExt;
  /** Whether it is for machines with the other byte order. */
  readonly foreign: boolean;
  /** The types for the kernel, once the file is known as a whole. */
  readonly fileTypes?: FileTypes | undefined;
}

const noRecords: BtfExt = { funcInfo: new Map(), lineInfo: new Map(), coreRelos: new Map() };

/**
 * The parts of the file in `bytes`.
 * @throws {MalformedError} when it is damaged, or no object file of BPF.
 */
export function objectParts(bytes: Uint8Array, path: string): ObjectParts {
  const file = readElf(bytes, path);
  if (file.machine !== bpfMachine || file.type !== "relocatable") {
    throw new MalformedError("ELF", "this is no object file of BPF", { path: [path], offset: 16 });
  }
  const types = findSection(file, ".BTF");
  const records = findSection(file, ".BTF.ext");
  const btf = types && parseBtf(types.bytes, { path: `${path} › .BTF` });
  const ext = btf && records ? parseBtfExt(records.bytes, btf.strings) : noRecords;
  const symbols = readSymbols(file);
  assertNamed(file);
  if (btf !== undefined) assertTyped(file, btf, ext);
  return {
    file,
    symbols,
    symbolsBySection: bySection(symbols),
    btf,
    ext,
    foreign: file.byteOrder !== machineOrder,
  };
}

/** Without symbols nothing says where functions begin and what refers to what. */
function assertNamed({ sections, path }: ElfFile): void {
  if (sections.some(({ type }) => type === "symtab")) return;
  const code = sections.find(({ type, flags, size }) => {
    return type === "progbits" && flags.includes("execute") && size > 0;
  });
  if (code === undefined) return;
  const hint = "strip with -g, which leaves the symbols, or not at all";
  throw new MalformedError(
    "OBJECT",
    "there is code and no table of symbols: the file was stripped",
    {
      path: [path, code.name],
      offset: code.offset,
      hint,
    },
  );
}

/** Records of functions and relocations are of types that are there. */
function assertTyped(file: ElfFile, btf: Btf, { funcInfo, coreRelos }: BtfExt): void {
  const end = btf.firstId + btf.typeCount;
  for (const [section, records] of [...funcInfo, ...coreRelos]) {
    const lost = records.find(({ type }) => type >= end);
    if (lost === undefined) continue;
    complain(
      { file },
      [".BTF.ext", section, `instruction ${lost.slot}`],
      `there is no type ${lost.type} in .BTF, where ids end at ${end - 1}`,
    );
  }
}

/** The symbols in `section`, by their places. */
export function symbolsIn(parts: ObjectParts, section: ElfSection): readonly ElfSymbol[] {
  return parts.symbolsBySection.get(section.index) ?? [];
}

function bySection(symbols: readonly ElfSymbol[]): ObjectParts["symbolsBySection"] {
  const placed = symbols.filter(({ section, type }) => {
    return typeof section === "number" && type !== "section";
  });
  const sorted = placed.toSorted((left, right) => Number(left.value - right.value));
  return Map.groupBy(sorted, ({ section }) => section as number);
}

/** Where symbols put global variables: in the types of a compiler they have no place before they are linked. */
export function placesOfGlobals(
  parts: ObjectParts,
  section: ElfSection,
): ReadonlyMap<string, number> {
  const globals = symbolsIn(parts, section).filter(({ binding }) => binding !== "local");
  return new Map(globals.map(({ name, value }) => [name, Number(value)]));
}

/** What the section called `name` is among the types of the file. */
export function sectionFileTypes(
  { btf, fileTypes }: ObjectParts,
  name: string,
): MapFileTypes | undefined {
  const section = btf?.findByName(name, "datasec");
  if (fileTypes === undefined || section === undefined) return undefined;
  return { types: fileTypes, key: voidId, value: section.id };
}

/** Zeros that a section has at most which takes no place in its file: a bound for damaged files. */
export const mostZeros: number = 1 << 26;

/** Complains about something, `where` starts with the name of its section; or else it is about the file's symbols. */
export function complain(
  { file }: Pick<ObjectParts, "file">,
  where: readonly string[],
  message: string,
): never {
  const section =
    findSection(file, where[0] ?? "") ?? file.sections.find(({ type }) => type === "symtab");
  const { offset = 0 } = section ?? {};
  throw new MalformedError("OBJECT", message, { path: [file.path, ...where], offset });
}

/**
 * Name of the map of a section with variables: the start of the file's name, and the section's. Names of sections of their
 * own, `.data.mine`, stay as they are. Source: `internal_map_name` in tools/lib/bpf/libbpf.c.
 */
export function sectionMapName({ file }: ObjectParts, section: string): string {
  if (section.includes(".", 1)) return section;
  const object = file.path.slice(file.path.lastIndexOf("/") + 1).split(".")[0]!;
  const room = longestMapName - Math.max(7, section.length);
  const name = object.slice(0, Math.max(room, 0)) + section.slice(0, longestMapName);
  return name.replaceAll(/[^A-Za-z0-9_.]/g, "_");
}

/** Characters of a map's name in the kernel. */
const longestMapName = 15;
