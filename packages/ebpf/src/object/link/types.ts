/**
 * The types of several files as one BTF, and what goes along with their instructions.
 *
 * Equal types become one; a function or variable that is only declared becomes its definition; sections of one name
 * become one section, whose variables lie where their symbols do. Records follow the instructions they are about.
 * @module
 */
import type { Btf } from "../../btf/btf.ts";
import type { Placed } from "../../btf/ext/records.ts";
import type { BtfExt, SectionRecords } from "../../btf/ext/sections.ts";
import { typeId } from "../../btf/type-table.ts";
import { voidId, type BtfSectionVariable, type BtfTypeId } from "../../btf/type.ts";
import { mergeBtf } from "../../btf/write/merge.ts";
import { withReferences, type BtfTypeData } from "../../btf/write/type-data.ts";
import { slotSize } from "../../isa/slot.ts";
import { assertSameDeclaration, nameOfDeclaration } from "./declarations.ts";
import type { LinkInput } from "./input.ts";
import type { MergedSections, SectionPart } from "./sections.ts";
import type { MergedSymbols } from "./symbols.ts";

/** All that the result says of types. */
export interface MergedTypes {
  readonly types: readonly BtfTypeData[];
  readonly ext: BtfExt;
}

/** What types are merged by. */
export interface Placement {
  readonly inputs: readonly LinkInput[];
  readonly sections: MergedSections;
  readonly symbols: MergedSymbols;
}

/**
 * The types of all files that have some.
 * @throws {InvalidArgumentError} when a file declares something as another one than the file that defines it.
 */
export function mergeTypes(placement: Placement): MergedTypes {
  const typed = placement.inputs.filter(hasTypes);
  const merger = new TypeMerger(typed, placement);
  return { types: merger.types(), ext: merger.ext() };
}

type TypedInput = LinkInput & { readonly btf: Btf };

function hasTypes(input: LinkInput): input is TypedInput {
  return input.btf !== undefined;
}

/** A variable of a section, and the section of the file that it is in; none for what is only declared. */
interface Entry {
  /** Name of the section. */
  readonly section: string;
  readonly input: TypedInput;
  readonly part: SectionPart | undefined;
  readonly variable: BtfSectionVariable;
}

class TypeMerger {
  readonly #inputs: readonly TypedInput[];
  readonly #placement: Placement;
  readonly #merged: readonly BtfTypeData[];
  readonly #mergedIds: readonly ((id: BtfTypeId) => BtfTypeId)[];
  /** By their ids in `#merged`: declarations, and the definitions that they mean. */
  readonly #definitions = new Map<BtfTypeId, BtfTypeId>();
  /** By ids in `#merged`: ids in the result. */
  readonly #newIds: BtfTypeId[] = [voidId];
  readonly #kept: BtfTypeData[] = [];
  readonly #places = new Map<TypedInput, ReadonlyMap<string, readonly number[]>>();

  constructor(inputs: readonly TypedInput[], placement: Placement) {
    this.#inputs = inputs;
    this.#placement = placement;
    const { types, idsOf } = mergeBtf(inputs.map(({ btf }) => btf));
    this.#merged = types;
    this.#mergedIds = idsOf;
    this.#findDefinitions();
    this.#number();
  }

  types(): readonly BtfTypeData[] {
    const kept = this.#kept.map((type) => withReferences(type, (id) => this.#newIds[id]!));
    return [...kept, ...this.#sections()];
  }

  ext(): BtfExt {
    return {
      funcInfo: this.#records("funcInfo", (record, id) => ({ ...record, type: id(record.type) })),
      lineInfo: this.#records("lineInfo", (record) => record),
      coreRelos: this.#records("coreRelos", (record, id) => ({ ...record, type: id(record.type) })),
    };
  }

  /** For each function and variable that a file only declares, or defines in vain, what another one defines. */
  #findDefinitions(): void {
    const defined = new Map<string, { readonly id: BtfTypeId; readonly input: TypedInput }>();
    const declared: {
      readonly id: BtfTypeId;
      readonly input: TypedInput;
      readonly name: string;
    }[] = [];
    for (const [place, input] of this.#inputs.entries()) {
      for (const type of input.btf.types()) {
        const name = nameOfDeclaration(type);
        if (name === undefined || !("linkage" in type) || type.linkage === "static") continue;
        const id = this.#mergedIds[place]!(type.id);
        if (this.#placement.symbols.definer(name) !== input) declared.push({ id, input, name });
        else if (type.linkage !== "extern") defined.set(name, { id, input });
      }
    }
    for (const { id, input, name } of declared) {
      const definition = defined.get(name);
      // Functions that are declared as they are defined are one type already.
      if (definition === undefined || definition.id === id) continue;
      assertSameDeclaration(this.#merged, {
        name,
        declared: { id, path: input.path },
        defined: { id: definition.id, path: definition.input.path },
      });
      this.#definitions.set(id, definition.id);
    }
  }

  /** Sections are made anew, and declarations that have a definition go. */
  #number(): void {
    for (const [index, type] of this.#merged.entries()) {
      const id = typeId(index + 1);
      if (type.kind === "datasec" || this.#definitions.has(id)) continue;
      this.#kept.push(type);
      this.#newIds[id] = typeId(this.#kept.length);
    }
    for (const [declared, defined] of this.#definitions) {
      this.#newIds[declared] = this.#newIds[defined]!;
    }
  }

  #idOf(input: TypedInput, id: BtfTypeId): BtfTypeId {
    return this.#newIds[this.#mergedIds[this.#inputs.indexOf(input)]!(id)]!;
  }

  #sections(): readonly BtfTypeData[] {
    const entries = Map.groupBy(
      this.#inputs.flatMap((input) => this.#entriesOf(input)),
      ({ section }) => section,
    );
    return [...entries].map(([name, own]) => this.#section(name, own));
  }

  #entriesOf(input: TypedInput): readonly Entry[] {
    return [...input.btf.types("datasec")].flatMap(({ name, variables }) => {
      const part = this.#partOf(input, name);
      if (part?.repeated === true) return [];
      return variables.map((variable) => ({ section: name, input, part, variable }));
    });
  }

  #partOf(input: TypedInput, name: string): SectionPart | undefined {
    const index = input.file.sections.findIndex((section) => section.name === name);
    return this.#placement.sections.partOf(input, index);
  }

  #section(name: string, entries: readonly Entry[]): BtfTypeData {
    const variables = new Map<BtfTypeId | string, BtfSectionVariable>();
    for (const entry of entries) {
      const made = this.#variable(entry);
      if (made === undefined) continue;
      // What nobody defines is declared once, however many files do.
      if (!variables.has(made.key)) variables.set(made.key, made.variable);
    }
    const merged = this.#placement.sections.all.find((section) => section.name === name);
    const sorted = [...variables.values()].toSorted((left, right) => left.offset - right.offset);
    return { kind: "datasec", name, size: merged?.bytes.length ?? 0, variables: sorted };
  }

  /** The variable where it lies now; `undefined` for one that another file defines. */
  #variable({
    input,
    part,
    variable,
  }: Entry):
    | { readonly key: BtfTypeId | string; readonly variable: BtfSectionVariable }
    | undefined {
    const type = input.btf.typeById(variable.type);
    const id = this.#idOf(input, variable.type);
    const definer = this.#placement.symbols.definer(type.name);
    const linkage = "linkage" in type ? type.linkage : "static";
    if (linkage === "extern") {
      if (definer !== undefined) return undefined;
      return { key: `extern ${type.name}`, variable: { ...variable, type: id, offset: 0 } };
    }
    if (linkage === "global" && definer !== undefined && definer !== input) return undefined;
    const places = this.#placesOf(input).get(placeKey(type.name, part?.section.index)) ?? [];
    // As compilers leave that to linkers. Of several static ones of a name it is the one that linkers have filled in.
    const isFilledIn = places.includes(variable.offset);
    const inPart = isFilledIn ? variable.offset : (places[0] ?? variable.offset);
    const offset = inPart + (part?.offset ?? 0);
    return { key: id, variable: { ...variable, type: id, offset } };
  }

  /** Where the symbols of a name lie in a section of `input`. */
  #placesOf(input: TypedInput): ReadonlyMap<string, readonly number[]> {
    const known = this.#places.get(input);
    if (known !== undefined) return known;
    const groups = Map.groupBy(input.symbols, ({ name, section }) => placeKey(name, section));
    const places = new Map(
      [...groups].map(([key, symbols]) => [key, symbols.map(({ value }) => Number(value))]),
    );
    this.#places.set(input, places);
    return places;
  }

  #records<Kind extends keyof BtfExt>(
    kind: Kind,
    change: (record: RecordOf<Kind>, id: (id: BtfTypeId) => BtfTypeId) => RecordOf<Kind>,
  ): SectionRecords<RecordOf<Kind>> {
    const moved = this.#inputs.flatMap((input) => {
      const tables = [...(input.ext[kind] as unknown as SectionRecords<RecordOf<Kind>>)];
      const idOf = (id: BtfTypeId): BtfTypeId => this.#idOf(input, id);
      return tables.flatMap(([section, records]) => {
        const part = this.#partOf(input, section);
        const alive = part === undefined ? [] : this.#alive(part, records);
        const shift = (part?.offset ?? 0) / slotSize;
        return alive.map((one) => ({
          section,
          record: { ...change(one, idOf), slot: one.slot + shift },
        }));
      });
    });
    const bySection = Map.groupBy(moved, ({ section }) => section);
    return new Map([...bySection].map(([name, own]) => [name, own.map(({ record }) => record)]));
  }

  #alive<One extends Placed>(part: SectionPart, records: readonly One[]): readonly One[] {
    const { symbols } = this.#placement;
    return records.filter(({ slot }) => !symbols.isDead(part, slot * slotSize));
  }
}

function placeKey(name: string, section: number | string | undefined): string {
  return `${section} ${name}`;
}

/** A record of a table. */
type RecordOf<Kind extends keyof BtfExt> =
  BtfExt[Kind] extends SectionRecords<infer Record extends Placed> ? Record : never;
