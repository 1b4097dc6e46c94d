/**
 * Sections of one name, one behind the other.
 *
 * Each part goes to the next place that suits its alignment, so what lies in it moves by one distance. The licence and the
 * version are said once, as every file has to say the same.
 * @module
 */
import { alignUp } from "../../base/bytes.ts";
import { InvalidArgumentError, MalformedError } from "../../base/errors.ts";
import type { ElfSection, SectionFlag } from "../../elf/elf.ts";
import { mostZeros } from "../read/parts.ts";
import { isLinked, type LinkInput } from "./input.ts";

/** A section of a file, and where it went. */
export interface SectionPart {
  readonly input: LinkInput;
  readonly section: ElfSection;
  /** The section that it is a part of. */
  readonly merged: MergedSection;
  /** Bytes from the start of that. */
  readonly offset: number;
  /** Whether it is there already, from another file: the licence. Its symbols are left out. */
  readonly repeated: boolean;
}

/** A section of the result. */
export interface MergedSection {
  readonly name: string;
  readonly index: number;
  readonly type: "progbits" | "nobits";
  readonly flags: readonly SectionFlag[];
  readonly alignment: number;
  readonly entrySize: number;
  readonly bytes: Uint8Array;
  readonly parts: readonly SectionPart[];
}

/** The sections of the result, and where each section of a file went. */
export interface MergedSections {
  readonly all: readonly MergedSection[];
  /** `undefined` for a section that is left out. */
  readonly partOf: (input: LinkInput, index: number) => SectionPart | undefined;
}

/**
 * The sections of all files, merged by name, in the order in which names come first.
 * @throws {InvalidArgumentError} when the files have different licences, or a section is code in one and data in another.
 */
export function mergeSections(inputs: readonly LinkInput[]): MergedSections {
  const found = inputs.flatMap((input) =>
    input.file.sections.filter(isLinked).map((section) => ({ input, section })),
  );
  assertPlausible(found);
  const groups = [...Map.groupBy(found, ({ section }) => section.name).values()];
  const all = groups.map((group, index) => mergeGroup(group, index));
  const parts = new Map(inputs.map((input) => [input, new Map<number, SectionPart>()]));
  for (const part of all.flatMap((one) => one.parts)) {
    parts.get(part.input)?.set(part.section.index, part);
  }
  return { all, partOf: (input, index) => parts.get(input)?.get(index) };
}

interface Found {
  readonly input: LinkInput;
  readonly section: ElfSection;
}

/** What a file has once, however many files it is made of. */
const saidOnce: ReadonlySet<string> = new Set(["license", "version"]);

function mergeGroup(group: readonly Found[], index: number): MergedSection {
  const first = group[0]!;
  const { name } = first.section;
  const once = saidOnce.has(name);
  for (const other of group.slice(1)) assertFits(first, other, once);
  const flags = new Set(group.flatMap(({ section }) => section.flags));
  const parts: SectionPart[] = [];
  let end = 0;
  const offsets = group.map(({ section }, place) => {
    if (once && place > 0) return 0;
    const offset = alignUp(end, Math.max(section.alignment, 1));
    end = offset + section.size;
    return offset;
  });
  const isEmpty = group.every(({ section }) => section.type === "nobits");
  const merged: MergedSection = {
    name,
    index,
    type: isEmpty ? "nobits" : "progbits",
    // Strings that may be merged by a linker are not, so that whoever comes later must not, either.
    flags: [...flags].filter((flag) => flag !== "merge" && flag !== "strings"),
    alignment: Math.max(1, ...group.map(({ section }) => section.alignment)),
    entrySize: 0,
    bytes: new Uint8Array(end),
    parts,
  };
  for (const [place, { input, section }] of group.entries()) {
    const offset = offsets[place]!;
    merged.bytes.set(section.bytes, offset);
    parts.push({ input, section, merged, offset, repeated: once && place > 0 });
  }
  return merged;
}

/** What takes no place in a file can claim any size, and anything any alignment. */
function assertPlausible(all: readonly Found[]): void {
  let zeros = 0;
  for (const { input, section } of all) {
    const { name, offset, alignment, size, bytes } = section;
    const fail = (message: string): never => {
      throw new MalformedError("OBJECT", message, { path: [input.path, name], offset });
    };
    zeros += size - bytes.length;
    if (zeros > mostZeros) fail(`${size} bytes are too many for section ${name}`);
    if (
      alignment > 1 &&
      !(Number.isInteger(Math.log2(alignment)) && alignment <= largestAlignment)
    ) {
      fail(`its alignment ${alignment} is no power of two up to ${largestAlignment}`);
    }
  }
}

/** Compilers align to 8 bytes, rarely to a cache line or a page. */
const largestAlignment = 1 << 16;

function assertFits(first: Found, other: Found, once: boolean): void {
  const { name, bytes, flags } = first.section;
  const both = `${first.input.path} and ${other.input.path}`;
  if (flags.includes("execute") !== other.section.flags.includes("execute")) {
    throw new InvalidArgumentError(
      `section ${name} of ${both} is code in one and data in the other`,
      {
        hint: "rename one of them",
      },
    );
  }
  const same =
    bytes.length === other.section.bytes.length &&
    bytes.every((byte, at) => byte === other.section.bytes[at]);
  if (!once || same) return;
  const words = [bytes, other.section.bytes].map((text) => JSON.stringify(textOf(text)));
  throw new InvalidArgumentError(
    `${both} say different things in section ${name}: ${words.join(", ")}`,
    {
      hint: "an object has one licence and version; make them the same",
    },
  );
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replace(/\0+$/, "");
}
