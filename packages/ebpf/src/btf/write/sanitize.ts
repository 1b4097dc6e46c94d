/**
 * BTF for a kernel older than its compiler: each type of a kind the kernel refuses is replaced by one it takes.
 *
 * A replacement stands at the same id, so that nothing that refers to types changes; it has the size of what it
 * replaces, so that the kernel's checks of members and variables still hold. What is lost is what such a kernel cannot use
 * anyway. The rules are those of libbpf, so that objects load as they do there.
 * @module
 */
import type { Btf } from "../btf.ts";
import { voidId, type BtfMember, type BtfTypeId } from "../type.ts";
import type { BtfTypeData, BtfTypeDataOf, StoredKind } from "./type-data.ts";
import { BtfWriter } from "./writer.ts";

/** What of BTF can be missing in a kernel, each with the version that brought it. */
export interface BtfSupport {
  /** Functions and their prototypes. Linux 5.0. */
  readonly func: boolean;
  /** Variables and sections. Linux 5.2. */
  readonly datasec: boolean;
  /** Functions that say whether they are static, global or extern. Linux 5.6. */
  readonly globalFunc: boolean;
  /** Floating point numbers. Linux 5.13. */
  readonly float: boolean;
  /** Words attached to declarations. Linux 5.16. */
  readonly declTag: boolean;
  /** Words attached to types. Linux 5.17. */
  readonly typeTag: boolean;
  /** Enumerations with 64 bits, and the sign of those with 32. Linux 6.0. */
  readonly enum64: boolean;
  /** Section names that begin with `?`. Linux 6.12. */
  readonly optionalSection: boolean;
}

/**
 * A writer of `btf` with everything replaced that `support` lacks, ready to be encoded. Ids stay as they are, and one
 * type may be added behind the last; for split BTF the base stays as it is. Texts keep their offsets too, so records that
 * go along with it stay as they are.
 * @throws MalformedError when a type is damaged.
 */
export function sanitizeBtf(btf: Btf, support: BtfSupport): BtfWriter {
  const writer = new BtfWriter({ base: btf.base, texts: btf, byteOrder: btf.byteOrder });
  const end = (btf.firstId + btf.typeCount) as BtfTypeId;
  const task: Task = { btf, support, placeholder: end };
  let placeholderUsed = false;
  for (const type of btf.types()) {
    if (type.kind === "void") continue;
    placeholderUsed ||= type.kind === "enum64" && !support.enum64;
    writer.add(replacementOf(type, task));
  }
  if (placeholderUsed) writer.add(placeholderType);
  return writer;
}

interface Task {
  readonly btf: Btf;
  readonly support: BtfSupport;
  /** Id of the type that members have which stand for values of 64 bits. */
  readonly placeholder: BtfTypeId;
}

/** What stands in place of one type: the type itself where the kernel knows it. */
type Replace<Kind extends StoredKind> = (type: BtfTypeDataOf<Kind>, task: Task) => BtfTypeData;

function replacementOf(type: BtfTypeData, task: Task): BtfTypeData {
  const replace = replacements[type.kind] as
    | ((type: BtfTypeData, task: Task) => BtfTypeData)
    | undefined;
  return replace === undefined ? type : replace(type, task);
}

const replacements: { readonly [Kind in StoredKind]?: Replace<Kind> } = {
  func: (type, { support }) => {
    if (!support.func) return { kind: "typedef", name: type.name, type: type.type };
    return support.globalFunc ? type : { ...type, linkage: "static" };
  },
  func_proto: (type, { support }) => (support.func ? type : enumOf(type)),
  var: (type, { support }) => (support.datasec ? type : byteCalled(type.name)),
  datasec: (type, task) => (task.support.datasec ? renamed(type, task) : structOf(type, task)),
  float: (type, { support }) =>
    support.float ? type : { kind: "struct", name: "", size: type.size, members: [] },
  decl_tag: (type, { support }) => (support.declTag ? type : byteCalled(type.name)),
  type_tag: (type, { support }) =>
    support.typeTag ? type : { kind: "const", name: "", type: type.type },
  // The bit that says `signed` was refused before there were enumerations of 64 bits.
  enum: (type, { support }) => (support.enum64 ? type : { ...type, signed: false }),
  enum64: (type, task) => (task.support.enum64 ? type : unionOf(type, task)),
};

const placeholderType: BtfTypeData = byteCalled("enum64_placeholder");

/** An integer of one byte: a larger one would not fit into a section behind which a smaller variable ends. */
function byteCalled(name: string): BtfTypeDataOf<"int"> {
  return { kind: "int", name, size: 1, bits: 8, bitOffset: 0, encoding: "unsigned" };
}

/** Parameters become enumerators, whose values are the ids of their types. */
function enumOf({ parameters, variadic }: BtfTypeDataOf<"func_proto">): BtfTypeDataOf<"enum"> {
  const all = variadic ? [...parameters, { name: "", type: voidId }] : parameters;
  const values = all.map(({ name, type }) => ({ name, value: type }));
  return { kind: "enum", name: "", size: 4, signed: false, values };
}

/** Values become members, of which a union takes any number at the same place. */
function unionOf(
  { name, size, values }: BtfTypeDataOf<"enum64">,
  { placeholder: type }: Task,
): BtfTypeDataOf<"union"> {
  const members = values.map((one): BtfMember => ({ name: one.name, type, ...wholeAt(0) }));
  return { kind: "union", name, size, members };
}

/** Variables become members. Names of structs have to be identifiers. */
function structOf(
  { name, size, variables }: BtfTypeDataOf<"datasec">,
  { btf }: Task,
): BtfTypeDataOf<"struct"> {
  const members = variables.map(({ type, offset }): BtfMember => ({
    name: btf.typeById(type).name,
    type,
    ...wholeAt(offset),
  }));
  return { kind: "struct", name: name.replaceAll(/[.?]/g, "_"), size, members };
}

function wholeAt(offset: number): Pick<BtfMember, "bitOffset" | "bitfieldSize"> {
  return { bitOffset: 8 * offset, bitfieldSize: 0 };
}

function renamed(type: BtfTypeDataOf<"datasec">, { support }: Task): BtfTypeData {
  if (support.optionalSection || !type.name.startsWith("?")) return type;
  return { ...type, name: `_${type.name.slice(1)}` };
}
