/**
 * Layouts as BTF types: what a map's keys and values are, for the kernel and for those who print them.
 *
 * The kernel finds spin locks and timers in map values by these types; bpftool prints elements by them. What a
 * transform makes of the memory is not told, and a layout of somebody's own is bytes.
 * @module
 */
import type { BtfTypeId, IntEncoding } from "../btf/type.ts";
import type { BtfWriter } from "../btf/write/writer.ts";
import {
  isAnyLayout,
  type AnyLayout,
  type ArrayLayout,
  type IntegerLayout,
  type Layout,
  type OpaqueLayout,
  type StructLayout,
} from "../layout/layout.ts";

/** The type of `layout`, which is added to `writer` unless it is there. */
export function addLayoutType(writer: BtfWriter, layout: Layout<unknown>): BtfTypeId {
  if (!isAnyLayout(layout)) return addArray(writer, addByte(writer), layout.size);
  const add = adders[layout.kind] as Adder<AnyLayout>;
  return add(writer, layout);
}

/** An integer type, by its name in C. */
export function addInt(
  writer: BtfWriter,
  name: string,
  size: number,
  encoding: IntEncoding,
): BtfTypeId {
  return writer.intern({ kind: "int", name, size, bits: 8 * size, bitOffset: 0, encoding });
}

/** An array of `length` elements of `type`. */
export function addArray(writer: BtfWriter, type: BtfTypeId, length: number): BtfTypeId {
  const indexType = addInt(writer, "unsigned int", 4, "unsigned");
  return writer.intern({ kind: "array", name: "", type, indexType, length });
}

/** Whether values of `layout` hold an object that the kernel finds by its type in BTF. */
export function holdsOpaque(layout: Layout<unknown>): boolean {
  if (!isAnyLayout(layout)) return false;
  if (layout.kind === "array") return holdsOpaque(layout.element);
  if (layout.kind === "transform") return holdsOpaque(layout.inner);
  if (layout.kind !== "struct") return layout.kind === "opaque";
  return Object.values(layout.fields).some((field) => holdsOpaque(field.layout));
}

type Adder<L> = (writer: BtfWriter, layout: L) => BtfTypeId;

const adders: {
  readonly [Kind in AnyLayout["kind"]]: Adder<Extract<AnyLayout, { kind: Kind }>>;
} = {
  integer: addInteger,
  bool: (writer) => addInt(writer, "_Bool", 1, "bool"),
  chars: (writer, { size }) => addArray(writer, addInt(writer, "char", 1, "signed"), size),
  bytes: (writer, { size }) => addArray(writer, addByte(writer), size),
  array: (writer, { element, length }: ArrayLayout) =>
    addArray(writer, addLayoutType(writer, element), length),
  struct: addStruct,
  transform: (writer, { inner }) => addLayoutType(writer, inner),
  opaque: addOpaque,
};

function addByte(writer: BtfWriter): BtfTypeId {
  return addInt(writer, "unsigned char", 1, "unsigned");
}

/** C's names for integers by their bits. */
const names = { 8: "char", 16: "short", 32: "int", 64: "long long" } as const;

function addInteger(
  writer: BtfWriter,
  { bits, signed, order, size }: IntegerLayout<number | bigint>,
): BtfTypeId {
  const name = `${signed ? "signed" : "unsigned"} ${names[bits]}`;
  const type = addInt(writer, name, size, signed ? "signed" : "unsigned");
  if (order === "host") return type;
  return writer.intern({ kind: "typedef", name: `__be${bits}`, type });
}

function addStruct(writer: BtfWriter, { tag, size, fields }: StructLayout): BtfTypeId {
  const members = Object.entries(fields).map(([name, { offset, layout }]) => ({
    name,
    type: addLayoutType(writer, layout),
    bitOffset: 8 * offset,
    bitfieldSize: 0,
  }));
  return writer.intern({ kind: "struct", name: tag, size, members });
}

/** What is in it is nobody's business, but it must have the name and size the kernel knows. */
function addOpaque(writer: BtfWriter, { tag, size, alignment }: OpaqueLayout): BtfTypeId {
  const name = alignment === 8 ? "unsigned long long" : "unsigned int";
  const word = addInt(writer, name, alignment, "unsigned");
  const type = size === alignment ? word : addArray(writer, word, size / alignment);
  const members = [{ name: "__opaque", type, bitOffset: 0, bitfieldSize: 0 }];
  return writer.intern({ kind: "struct", name: tag, size, members });
}
