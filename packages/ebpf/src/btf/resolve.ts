/**
 * What is behind a type: the type it is another name for, and its size.
 *
 * Both follow references from type to type. How far is bounded as the kernel bounds it, so that types that refer to
 * each other in a circle end in an error.
 * @module
 */
import { InvalidArgumentError, MalformedError } from "../base/errors.ts";
import { plural } from "../base/text.ts";
import type { TypeSource } from "./type-source.ts";
import type { BtfArray, BtfInt, BtfKind, BtfType, BtfTypeOf } from "./type.ts";

/** How many references are followed in a row: `MAX_RESOLVE_DEPTH` in kernel/bpf/btf.c. */
export const maxDepth = 32;

/** Kinds that give another type a name, a qualifier or a tag. */
const wrappers = ["typedef", "volatile", "const", "restrict", "type_tag"] as const;

/** A type that wraps another one. */
export type BtfWrapper = BtfTypeOf<(typeof wrappers)[number]>;

/** Whether `type` is another type with a name, qualifier or tag to it. */
export function isWrapper(type: BtfType): type is BtfWrapper {
  return (wrappers as readonly BtfKind[]).includes(type.kind);
}

/**
 * The type behind typedefs, qualifiers and type tags.
 * @throws MalformedError when they lead round in a circle.
 */
export function resolveType(types: TypeSource, id: number): BtfType {
  let type = types.typeById(id);
  for (let depth = 0; isWrapper(type); depth++) {
    if (depth === maxDepth) failTooDeep(types, id);
    type = types.typeById(type.type);
  }
  return type;
}

/**
 * Size in bytes of values of the type with number `id`.
 * @throws InvalidArgumentError for what has no size: `void`, functions, undefined structs, tags.
 * @throws MalformedError for arrays in a circle, or of 4 GiB and more.
 */
export function sizeOf(types: TypeSource, id: number): number {
  let elements = 1;
  let type = resolveType(types, id);
  for (let depth = 0; type.kind === "array" || type.kind === "var"; depth++) {
    if (depth === maxDepth) failTooDeep(types, id);
    if (type.kind === "array") elements *= type.length;
    type = resolveType(types, type.type);
  }
  const size = elements * sizeOfElement(types, type);
  // The kernel refuses such arrays too: btf_array_resolve in kernel/bpf/btf.c.
  if (size > 0xffff_ffff) failType(types, id, `it takes ${plural(size, "byte")}`);
  return size;
}

/** Size of a pointer in bytes, given all integers there are. */
export function pointerSizeOf(integers: Iterable<BtfInt>): number {
  for (const { name, size } of integers) {
    if (longNames.has(name) && (size === 4 || size === 8)) return size;
  }
  return 8;
}

/** What compilers call `long`, which in the kernel is as wide as a pointer. */
const longNames: ReadonlySet<string> = new Set([
  "long",
  "long int",
  "unsigned long",
  "long unsigned int",
]);

/** Size of what is neither array nor wrapper. */
function sizeOfElement(types: TypeSource, type: Exclude<BtfType, BtfArray>): number {
  if ("size" in type) return type.size;
  if (type.kind === "ptr") return types.pointerSize;
  const what = type.kind === "void" ? "void" : `${type.kind} "${type.name}"`;
  throw new InvalidArgumentError(`${what} in ${types.path} has no size`);
}

function failTooDeep(types: TypeSource, id: number): never {
  failType(types, id, `it refers to more than ${maxDepth} types in a row, or to itself`);
}

/** Refuses the type with number `id`: it is damaged. */
export function failType(types: TypeSource, id: number, message: string): never {
  const offset = types.offsetOf?.(id);
  const at = offset === undefined ? {} : { offset };
  throw new MalformedError("BTF", message, { path: [types.path, `type ${id}`], ...at });
}
