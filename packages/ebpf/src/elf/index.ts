/**
 * ELF: object files and programs taken apart, and object files written.
 * @module
 */
export {
  bpfMachine,
  type ElfByteOrder,
  type ElfFile,
  type ElfRelocation,
  type ElfSection,
  type ElfSymbol,
  type ElfType,
  type SectionFlag,
  type SectionType,
  type SpecialSection,
  type SymbolBinding,
  type SymbolType,
  type SymbolVisibility,
} from "./elf.ts";
export { readElf } from "./read.ts";
export { fileOffset } from "./file-offset.ts";
export { readSymbolVersions, type SymbolVersion } from "./symbol-version.ts";
export {
  findSection,
  findSymbols,
  type FoundSymbol,
  readRelocations,
  readSymbols,
} from "./tables.ts";
export { readUsdtProbes, type UsdtProbe } from "./usdt.ts";
export type { UsdtArgument, UsdtNumber, UsdtOperand } from "./usdt-argument.ts";
export {
  type ElfObject,
  type NewRelocation,
  type NewSection,
  type NewSymbol,
  writeElf,
} from "./write.ts";
