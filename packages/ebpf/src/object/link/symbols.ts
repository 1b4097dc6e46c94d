/**
 * Symbols of several files as one table.
 *
 * What is local stays with its file. Of a global name there is one definition: a strong one before weak ones, else the
 * first; whoever only names it means that. What lies where a weak definition lost is dead: nothing refers to it any more.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import type { ElfSymbol, SymbolBinding, SymbolVisibility } from "../../elf/elf.ts";
import { symbolBindings, symbolTypes, symbolVisibilities } from "../../elf/elf.ts";
import type { NewSymbol } from "../../elf/write.ts";
import type { LinkInput } from "./input.ts";
import type { MergedSections, SectionPart } from "./sections.ts";

/** The symbols of the result. */
export interface MergedSymbols {
  readonly all: readonly NewSymbol[];
  /** Index in `all` of what the symbol `index` of a file became; `undefined` for one that is left out. */
  readonly indexOf: (input: LinkInput, index: number) => number | undefined;
  /** The file that defines a global name. */
  readonly definer: (name: string) => LinkInput | undefined;
  /** Whether a place of a section of a file belongs to a weak definition that lost. */
  readonly isDead: (part: SectionPart, offset: number) => boolean;
}

/** A symbol of a file. */
interface Candidate {
  readonly input: LinkInput;
  readonly index: number;
  readonly symbol: ElfSymbol;
}

/**
 * The symbols of all files.
 * @throws {InvalidArgumentError} when two files define the same name, or one needs what a linker has to make.
 */
export function mergeSymbols(
  inputs: readonly LinkInput[],
  sections: MergedSections,
): MergedSymbols {
  const merger = new SymbolMerger(sections);
  const candidates = inputs.flatMap((input) =>
    input.symbols.map((symbol, index): Candidate => ({ input, index, symbol })),
  );
  for (const candidate of candidates.filter(isLocal)) merger.addLocal(candidate);
  const globals = candidates.filter((one) => !isLocal(one) && !merger.isRepeated(one));
  for (const [name, group] of Map.groupBy(globals, ({ symbol }) => symbol.name)) {
    merger.addGlobal(name, group);
  }
  return merger;
}

function isLocal({ symbol }: Candidate): boolean {
  return symbol.binding === "local";
}

class SymbolMerger implements MergedSymbols {
  readonly all: NewSymbol[] = [];
  readonly #sections: MergedSections;
  readonly #indices = new Map<LinkInput, Map<number, number>>();
  readonly #ofSections = new Map<number, number>();
  readonly #definers = new Map<string, LinkInput>();
  readonly #dead = new Map<SectionPart, { readonly start: number; readonly end: number }[]>();

  constructor(sections: MergedSections) {
    this.#sections = sections;
  }

  indexOf(input: LinkInput, index: number): number | undefined {
    return this.#indices.get(input)?.get(index);
  }

  definer(name: string): LinkInput | undefined {
    return this.#definers.get(name);
  }

  isDead(part: SectionPart, offset: number): boolean {
    return this.#dead.get(part)?.some(({ start, end }) => offset >= start && offset < end) ?? false;
  }

  /** Whether it is said already by another file. */
  isRepeated(candidate: Candidate): boolean {
    return this.#partOf(candidate)?.repeated === true;
  }

  addLocal(candidate: Candidate): void {
    const { symbol } = candidate;
    const part = this.#partOf(candidate);
    if (symbol.type === "file" || part?.repeated === true) return;
    if (symbol.type === "section") {
      if (part !== undefined) this.#place(candidate, this.#sectionSymbol(part.merged.index));
      return;
    }
    if (part === undefined) return;
    this.#place(candidate, this.all.push(this.#moved(candidate, part)) - 1);
  }

  addGlobal(name: string, group: readonly Candidate[]): void {
    const chosen = chooseDefinition(name, group);
    const part = chosen && this.#partOf(chosen);
    if (chosen !== undefined) this.#definers.set(name, chosen.input);
    for (const loser of group) {
      if (loser !== chosen && loser.symbol.section !== "undefined") this.#bury(loser);
    }
    const shown = chosen ?? group[0]!;
    const made: NewSymbol = {
      ...(part === undefined ? unmoved(shown.symbol) : this.#moved(shown, part)),
      binding: bindingOf(chosen, group),
      visibility: strictest(group),
    };
    const index = this.all.push(made) - 1;
    for (const candidate of group) this.#place(candidate, index);
  }

  #bury(loser: Candidate): void {
    const part = this.#partOf(loser);
    if (part === undefined) return;
    const start = Number(loser.symbol.value);
    const ranges = this.#dead.get(part) ?? [];
    ranges.push({ start, end: start + loser.symbol.size });
    this.#dead.set(part, ranges);
  }

  #partOf({ input, symbol }: Candidate): SectionPart | undefined {
    const { section } = symbol;
    return typeof section === "number" ? this.#sections.partOf(input, section) : undefined;
  }

  #moved({ symbol }: Candidate, { merged, offset }: SectionPart): NewSymbol {
    return { ...unmoved(symbol), section: merged.index, value: Number(symbol.value) + offset };
  }

  #sectionSymbol(section: number): number {
    const known = this.#ofSections.get(section);
    if (known !== undefined) return known;
    const symbol = {
      name: "",
      binding: "local",
      type: "section",
      section,
      value: 0,
      size: 0,
    } as const;
    const index = this.all.push(symbol) - 1;
    this.#ofSections.set(section, index);
    return index;
  }

  #place({ input, index }: Candidate, place: number): void {
    const places = this.#indices.get(input) ?? new Map<number, number>();
    this.#indices.set(input, places.set(index, place));
  }
}

/** The definition that counts among symbols of one name; `undefined` when none is one. */
function chooseDefinition(name: string, group: readonly Candidate[]): Candidate | undefined {
  const common = group.find(({ symbol }) => symbol.section === "common");
  if (common !== undefined) {
    throw new InvalidArgumentError(
      `${common.input.path} leaves it to the linker to make "${name}"`,
      {
        hint: "compile it with -fno-common",
      },
    );
  }
  const defined = group.filter(({ symbol }) => symbol.section !== "undefined");
  const [strong, other] = defined.filter(({ symbol }) => symbol.binding !== "weak");
  if (strong !== undefined && other !== undefined) {
    const both = `${strong.input.path} and ${other.input.path}`;
    throw new InvalidArgumentError(`"${name}" is defined twice, in ${both}`, {
      hint: "make one of them static, __weak or extern, or rename it",
    });
  }
  return strong ?? defined[0];
}

/** Who is weak only if all are. */
function bindingOf(chosen: Candidate | undefined, group: readonly Candidate[]): SymbolBinding {
  const counted = chosen === undefined ? group : [chosen];
  return counted.every(({ symbol }) => symbol.binding === "weak") ? "weak" : "global";
}

/** From the one that is seen farthest. */
const visibilities: readonly SymbolVisibility[] = ["default", "protected", "hidden", "internal"];

function strictest(group: readonly Candidate[]): SymbolVisibility {
  const ranks = group.map(({ symbol }) => visibilities.indexOf(symbol.visibility));
  return visibilities[Math.max(...ranks)] ?? symbolVisibilities[0];
}

function unmoved({ name, binding, type, visibility, section, value, size }: ElfSymbol): NewSymbol {
  return {
    name,
    binding: typeof binding === "string" && binding in symbolBindings ? binding : "global",
    type: typeof type === "string" && type in symbolTypes ? type : "none",
    visibility,
    section: typeof section === "number" ? "undefined" : section,
    value: Number(value),
    size,
  };
}
