/**
 * Which structs and unions become interfaces of TypeScript, and what these are called.
 *
 * One that has a name of its own keeps it; one that has its name from a typedef (`typedef struct {…} atomic_t`) gets that of
 * the first. What has neither is written out where it is used. Words that TypeScript keeps to itself get a `_`.
 * @module
 */
import type { Btf } from "../btf.ts";
import type { BtfStruct, BtfType, BtfTypedef, BtfUnion } from "../type.ts";
import { Names } from "./names.ts";
import { reachedInBase } from "./reached-types.ts";

/** A struct or union that becomes an interface. */
export interface NamedInterface {
  readonly type: BtfStruct | BtfUnion;
  /** Name of the interface. */
  readonly name: string;
  /** Name in C, without `struct` before it; `undefined` when another one of that name came first. */
  readonly cName: string | undefined;
}

/** Interfaces by the id of their type. */
export type InterfaceNames = ReadonlyMap<number, NamedInterface>;

/**
 * All that have a name, or only those whose name is in `only`. Of the base of split BTF those that its own types lead to come
 * behind these, or any whose name is in `only`.
 */
export function interfaceNames(btf: Btf, only?: ReadonlySet<string>): InterfaceNames {
  const found = new Map<number, NamedInterface>();
  const names = new Names(reserved);
  const known = new Set<string>();
  const add = (type: BtfStruct | BtfUnion, cName: string): void => {
    if (found.has(type.id) || (only !== undefined && !only.has(cName))) return;
    const isFirst = !known.has(cName);
    known.add(cName);
    const wanted = reserved.has(cName) ? `${cName}_` : identifier(cName);
    found.set(type.id, { type, name: names.take(wanted), cName: isFirst ? cName : undefined });
  };
  for (const { composites, typedefs } of candidates(btf, only)) {
    for (const type of composites) if (type.name !== "") add(type, type.name);
    for (const typedef of typedefs) {
      const type = btf.typeById(typedef.type);
      if (isComposite(type) && type.name === "") add(type, typedef.name);
    }
  }
  return found;
}

/** Types that may become interfaces, and typedefs that may name them. */
interface Candidates {
  readonly composites: Iterable<BtfStruct | BtfUnion>;
  readonly typedefs: Iterable<BtfTypedef>;
}

function* candidates(btf: Btf, only: ReadonlySet<string> | undefined): Generator<Candidates, void> {
  const { base } = btf;
  yield { composites: composites(btf), typedefs: btf.types("typedef") };
  if (base === undefined) return;
  if (only !== undefined) {
    yield* candidates(base, only);
    return;
  }
  const reached = reachedInBase(btf);
  yield {
    composites: reached.filter(isComposite),
    typedefs: reached.filter((type) => type.kind === "typedef"),
  };
}

/** Whether `type` has members. */
export function isComposite(type: BtfType): type is BtfStruct | BtfUnion {
  return type.kind === "struct" || type.kind === "union";
}

function* composites(btf: Btf): Generator<BtfStruct | BtfUnion, void> {
  yield* btf.types("struct");
  yield* btf.types("union");
}

/** `name` as a name of TypeScript. That of C is one; compilers of other languages write others into BTF. */
function identifier(name: string): string {
  return name.replaceAll(/[^\w$]/g, "_").replace(/^(?=\d)/, "_");
}

/** Types of `ts-ebpf/types` that declarations use. */
export const valueTypes = [
  "FunctionPointer",
  "KernelArray",
  "KernelMemory",
  "Opaque",
  "Pointer",
  "be16",
  "be32",
  "be64",
  "s16",
  "s32",
  "s64",
  "s8",
  "u16",
  "u32",
  "u64",
  "u8",
] as const;

/** Interfaces by what they declare: by property of `KernelDeclarations` in `ts-ebpf/types`. */
export const facetNames = {
  types: "KernelTypes",
  tracepoints: "BtfTracepoints",
  records: "TracepointRecords",
  lsmHooks: "LsmHooks",
  iterators: "IteratorRecords",
  functionEntries: "KernelFunctions",
  functionExits: "KernelFunctionExits",
  kfuncs: "Kfuncs",
  enums: "KernelEnums",
  contexts: "ProgramContexts",
} as const;

/** What TypeScript lets no interface be called. */
export const interfaceWords: ReadonlySet<string> = new Set([
  // Names of types that are built in.
  ...words("any bigint boolean never null number object string symbol undefined unknown void"),
  ...words("AddressSpace Iterator NetworkOrder Record Register Symbol"),
  // Reserved words.
  ...words("arguments await break case catch class const continue debugger default delete do else"),
  ...words(
    "enum eval export extends false finally for function if implements import in instanceof",
  ),
  ...words("interface let new package private protected public return static super switch this"),
  ...words("throw true try typeof var while with yield"),
]);

/** What no interface of a kernel can be called, and no parameter. */
export const reserved: ReadonlySet<string> = new Set([
  ...valueTypes,
  ...Object.values(facetNames),
  ...interfaceWords,
]);

function words(text: string): readonly string[] {
  return text.split(" ");
}
