/**
 * What BTF says of layouts, as assertions in C: a compiler that accepts them has laid the printed types out the same.
 *
 * Sizes of structs, unions, enumerations and typedefs, and offsets of members, also of those in structs without names. C
 * cannot ask where bit-fields lie. Names that several types have are left out, since the printer gives them other ones;
 * those that types of the base have, too.
 * @module
 */
import type { Btf, BtfStruct, BtfType, BtfUnion } from "ts-ebpf/btf";

/** Assertions, and how many there are. */
export interface LayoutAssertions {
  readonly text: string;
  readonly count: number;
}

/** Assertions on all types of `btf` that have a name of their own. */
export function layoutAssertions(btf: Btf): LayoutAssertions {
  const types = [...btf.types()].filter(({ name }) => name !== "");
  const times = Map.groupBy(types, keyOf);
  const lines = types
    .filter((type) => times.get(keyOf(type))!.length === 1 && !isInBase(btf, type))
    .flatMap((type) => assertionsOn(btf, type));
  return { text: lines.join("\n"), count: lines.length };
}

/** What is only declared in the base can be defined here. */
function isInBase({ base }: Btf, type: BtfType): boolean {
  const found = base?.findAll(type.name) ?? [];
  return found.some((one) => one.kind !== "fwd" && keyOf(one) === keyOf(type));
}

/** Tags are names of their own; functions and variables are no types. */
function keyOf({ kind, name }: BtfType): string {
  const isTag = kind === "struct" || kind === "union" || kind === "enum" || kind === "enum64";
  return isTag || kind === "fwd" ? `tag ${name}` : kind === "typedef" ? `type ${name}` : kind;
}

function assertionsOn(btf: Btf, type: BtfType): readonly string[] {
  const { kind, name } = type;
  if (kind === "enum" || kind === "enum64") {
    // One without values is only declared.
    return type.values.length === 0 ? [] : sizeOf(`enum ${name}`, type.size);
  }
  if (kind === "typedef") return isPlain(btf, type.type) ? sizeOf(name, btf.size(type.id)) : [];
  if (kind !== "struct" && kind !== "union") return [];
  const tag = `${kind} ${name}`;
  return [...sizeOf(tag, type.size), ...offsetsIn(btf, { tag, composite: type, start: 0 })];
}

function sizeOf(what: string, size: number): readonly string[] {
  return [`_Static_assert(sizeof(${what}) == ${size}, "");`];
}

/** Whether a typedef is of something with a size, and not of what C gives another one, as `va_list`. */
function isPlain(btf: Btf, id: number): boolean {
  const { kind } = btf.resolve(id);
  return kind === "struct" || kind === "union" || kind === "int" || kind === "ptr";
}

interface Inside {
  readonly tag: string;
  readonly composite: BtfStruct | BtfUnion;
  /** Bits from the start of what has the tag. */
  readonly start: number;
}

function offsetsIn(btf: Btf, { tag, composite, start }: Inside): readonly string[] {
  return composite.members.flatMap(({ name, type, bitOffset, bitfieldSize }) => {
    const at = start + bitOffset;
    if (name !== "") {
      if (bitfieldSize !== 0) return [];
      return [`_Static_assert(__builtin_offsetof(${tag}, ${name}) == ${at / 8}, "");`];
    }
    const inner = btf.resolve(type);
    if (inner.kind !== "struct" && inner.kind !== "union") return [];
    return offsetsIn(btf, { tag, composite: inner, start: at });
  });
}
