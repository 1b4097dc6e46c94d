/**
 * The model of ELF: what a file is made of once it is read, and before it is written.
 *
 * Numbers of the format that have a name are words here, all others stay numbers, so that a file of any processor can
 * be looked at. Nothing here knows where in a file something lies. Names and numbers are those of the System V ABI,
 * chapter 4, as in include/uapi/linux/elf.h.
 * @module
 */

/** Order of the bytes of a file. */
export type ElfByteOrder = "little" | "big";

/** A file taken apart. Sections are by their index in the file; the first is the empty one every file has. */
export interface ElfFile {
  /** What it is called in errors. */
  readonly path: string;
  readonly byteOrder: ElfByteOrder;
  readonly type: ElfType | number;
  /** Processor: `EM_…`. */
  readonly machine: number;
  /** Flags of the processor. */
  readonly flags: number;
  readonly sections: readonly ElfSection[];
}

/** A section. */
export interface ElfSection {
  readonly index: number;
  /** Not every name is there once only. */
  readonly name: string;
  readonly type: SectionType | number;
  readonly flags: readonly SectionFlag[];
  /** Where it lies in memory; 0 in object files. */
  readonly address: bigint;
  /** Where it lies in the file. */
  readonly offset: number;
  /** Bytes it has in memory; what takes no place in the file has a size, too. */
  readonly size: number;
  /** Index of another section; of which kind, the type says. */
  readonly link: number;
  /** Another number whose meaning depends on the type. */
  readonly info: number;
  readonly alignment: number;
  /** Bytes of one entry, for tables; else 0. */
  readonly entrySize: number;
  /** What it holds, a view of the file; empty for sections that take no place in it. */
  readonly bytes: Uint8Array;
}

/** A symbol. */
export interface ElfSymbol {
  readonly name: string;
  readonly binding: SymbolBinding | number;
  readonly type: SymbolType | number;
  readonly visibility: SymbolVisibility;
  /** Section it is in, by index, or where else it is. */
  readonly section: number | SpecialSection;
  /** In object files bytes from the start of the section, else an address. */
  readonly value: bigint;
  readonly size: number;
}

/** What a symbol without section is: defined elsewhere, a number, or to be made by the linker. */
export type SpecialSection = "undefined" | "absolute" | "common";

/** A place in a section that depends on a symbol. */
export interface ElfRelocation {
  /** In object files bytes from the start of the section, else an address. */
  readonly offset: number;
  /** `R_…` of the processor. */
  readonly type: number;
  /** Index in the symbol table. */
  readonly symbol: number;
  /** What is added; 0 where it stands in the place itself, as in sections of type `rel`. */
  readonly addend: bigint;
}

/** `e_type`, `ET_…`. */
export const elfTypes = { none: 0, relocatable: 1, executable: 2, shared: 3, core: 4 } as const;
/** Kind of a file. */
export type ElfType = keyof typeof elfTypes;

/** `sh_type`, `SHT_…`. */
export const sectionTypes = {
  null: 0,
  progbits: 1,
  symtab: 2,
  strtab: 3,
  rela: 4,
  hash: 5,
  dynamic: 6,
  note: 7,
  nobits: 8,
  rel: 9,
  dynsym: 11,
  "init-array": 14,
  "fini-array": 15,
  group: 17,
  "symtab-indexes": 18,
} as const;
/** Kind of a section. `nobits` takes no place in the file, and is zeros in memory. */
export type SectionType = keyof typeof sectionTypes;

/** `sh_flags`, `SHF_…`. */
export const sectionFlags = {
  write: 0x1,
  alloc: 0x2,
  execute: 0x4,
  merge: 0x10,
  strings: 0x20,
  "info-link": 0x40,
  "link-order": 0x80,
  group: 0x200,
  tls: 0x400,
  compressed: 0x800,
} as const;
/** Something true of a section. Flags of processors and systems are left out. */
export type SectionFlag = keyof typeof sectionFlags;

/** The high half of `st_info`, `STB_…`. */
export const symbolBindings = { local: 0, global: 1, weak: 2 } as const;
/** Who sees a symbol. */
export type SymbolBinding = keyof typeof symbolBindings;

/** The low half of `st_info`, `STT_…`. */
export const symbolTypes = {
  none: 0,
  object: 1,
  function: 2,
  section: 3,
  file: 4,
  common: 5,
  tls: 6,
  "gnu-ifunc": 10,
} as const;
/** What a symbol is of. */
export type SymbolType = keyof typeof symbolTypes;

/** The low two bits of `st_other`, `STV_…`, by number. */
export const symbolVisibilities = ["default", "internal", "hidden", "protected"] as const;
/** How far a symbol that is not local is seen. */
export type SymbolVisibility = (typeof symbolVisibilities)[number];

/** `st_shndx` from here up is no index: `SHN_LORESERVE`. */
export const firstReservedSection = 0xff00;
/** `SHN_…` of symbols in no section. */
export const specialSections = { undefined: 0, absolute: 0xfff1, common: 0xfff2 } as const;
/** `SHN_XINDEX`: the index is elsewhere because it needs more than 16 bits. */
export const sectionElsewhere = 0xffff;

/** `EM_BPF`: programs of the kernel. */
export const bpfMachine = 247;

/** Bytes of the tables' entries in files of 64 bits. */
export const entrySizes = { header: 64, section: 64, symbol: 24, rel: 16, rela: 24 } as const;

/** The word for `value`, or itself when there is none. */
export function wordOf<Word extends string>(
  words: Readonly<Record<Word, number>>,
  value: number,
): Word | number {
  return (Object.keys(words) as Word[]).find((word) => words[word] === value) ?? value;
}

/** The number for `word`, or itself when it is one. */
export function numberOf<Word extends string>(
  words: Readonly<Record<Word, number>>,
  word: Word | number,
): number {
  return typeof word === "number" ? word : words[word];
}
