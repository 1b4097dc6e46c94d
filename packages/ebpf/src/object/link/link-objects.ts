/**
 * Static linking: several object files of BPF as one, as if their sources had been one file.
 *
 * Sections of one name are joined, names resolved, and what refers to a place moves with it; types become one BTF. The
 * result is again an object file for any loader, and may itself be linked. What debuggers read is left out. Nothing that
 * is not used is removed, and no kernel is asked.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import { MalformedError } from "../../base/errors.ts";
import { encodeBtfExt } from "../../btf/ext/sections.ts";
import { BtfWriter } from "../../btf/write/writer.ts";
import { bpfMachine, type ElfRelocation } from "../../elf/elf.ts";
import { readRelocations } from "../../elf/tables.ts";
import { type NewRelocation, type NewSection, writeElf } from "../../elf/write.ts";
import { callRelocation, pointerRelocation } from "../relocation-types.ts";
import { slotSize } from "../../isa/slot.ts";
import { linkInputs, type LinkInput, type ObjectFile } from "./input.ts";
import { mergeSections, type MergedSection, type SectionPart } from "./sections.ts";
import { mergeSymbols } from "./symbols.ts";
import { mergeTypes, type Placement } from "./types.ts";

/**
 * One object file with all that `files` hold; of one file, the same without what debuggers read. A strong definition goes
 * before weak ones, and what a file declares `extern` is what another one defines; what none defines stays undefined.
 * @throws {InvalidArgumentError} when two files define the same name, declare it differently, have different licences or
 * byte orders; both files are named.
 * @throws {MalformedError} when a file is damaged, or no object file of BPF.
 */
export function linkObjects(files: readonly ObjectFile[]): Uint8Array<ArrayBuffer> {
  const inputs = linkInputs(files);
  const sections = mergeSections(inputs);
  const placement: Placement = { inputs, sections, symbols: mergeSymbols(inputs, sections) };
  const { byteOrder } = inputs[0]!.file;
  const made = sections.all.map((section) => linkedSection(section, placement));
  return writeElf({
    byteOrder,
    machine: bpfMachine,
    sections: [...made, ...typeSections(placement, byteOrder)],
    symbols: placement.symbols.all,
  });
}

function typeSections(
  placement: Placement,
  byteOrder: LinkInput["file"]["byteOrder"],
): readonly NewSection[] {
  if (placement.inputs.every(({ btf }) => btf === undefined)) return [];
  const { types, ext } = mergeTypes(placement);
  const writer = new BtfWriter({ byteOrder });
  for (const type of types) writer.add(type);
  const records = encodeBtfExt(ext, writer.strings, { byteOrder });
  const described = { name: ".BTF", alignment: 8, bytes: writer.encode() };
  const empty = Object.values(ext).every(({ size }) => size === 0);
  return empty ? [described] : [described, { name: ".BTF.ext", alignment: 8, bytes: records }];
}

function linkedSection(section: MergedSection, placement: Placement): NewSection {
  const { name, type, flags, alignment, bytes, parts } = section;
  const relocations = parts.flatMap((part) =>
    part.repeated ? [] : relocationsOf(part, placement),
  );
  return { name, type, flags, alignment, bytes, relocations };
}

function relocationsOf(
  part: SectionPart,
  { sections, symbols }: Placement,
): readonly NewRelocation[] {
  const { input, section, offset } = part;
  return readRelocations(input.file, section).flatMap((relocation) => {
    const symbol = symbols.indexOf(input, relocation.symbol);
    if (symbol === undefined || symbols.isDead(part, relocation.offset)) return [];
    const target = input.symbols[relocation.symbol]!;
    if (target.type === "section" && typeof target.section === "number") {
      const moved = sections.partOf(input, target.section);
      if (moved !== undefined) moveBy(part, relocation, moved.offset);
    }
    return [{ offset: relocation.offset + offset, type: relocation.type, symbol }];
  });
}

/**
 * Adds to the number at a place that counts from the start of a section: bytes, but in calls slots.
 *
 * ```
 *   0      1      2        4        8
 *   +------+------+--------+--------+
 *   | code | regs | offset | number |   of an instruction
 *   +------+------+--------+--------+
 * ```
 */
function moveBy(
  { merged, offset, input, section }: SectionPart,
  relocation: ElfRelocation,
  distance: number,
): void {
  const little = input.file.byteOrder === "little";
  const view = viewOf(merged.bytes);
  const at = offset + relocation.offset;
  if (at + slotSize > merged.bytes.length) {
    throw new MalformedError("OBJECT", "a relocation is of what goes beyond the section", {
      path: [input.path, section.name],
      offset: section.offset + relocation.offset,
    });
  }
  if (relocation.type === pointerRelocation) {
    view.setBigUint64(at, view.getBigUint64(at, little) + BigInt(distance), little);
    return;
  }
  const step = relocation.type === callRelocation ? distance / slotSize : distance;
  view.setInt32(at + 4, view.getInt32(at + 4, little) + step, little);
}
