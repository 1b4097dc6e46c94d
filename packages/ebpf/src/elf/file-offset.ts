/**
 * From addresses to places in the file.
 * @module
 */
import type { ElfFile, ElfSection } from "./elf.ts";

/** The section that an address lies in once the file is loaded; `undefined` when none does. */
export function sectionAt(file: ElfFile, address: bigint): ElfSection | undefined {
  return file.sections.find(
    (section) =>
      section.flags.includes("alloc") &&
      // What each thread has its own copy of has no address of its own.
      !section.flags.includes("tls") &&
      address >= section.address &&
      address < section.address + BigInt(section.size),
  );
}

/** Bytes from the start of the file to what will be at `address`; `undefined` when nothing of the file will. */
export function fileOffset(file: ElfFile, address: bigint): number | undefined {
  const section = sectionAt(file, address);
  if (section === undefined || section.type === "nobits") return undefined;
  return Number(address - section.address) + section.offset;
}
