/**
 * Types of the kernel as memory types.
 *
 * Typedefs and qualifiers are looked through; on the way, the names that mean network byte order and the tags that
 * mark user and per-CPU memory are noticed. Structs look up their fields when they are asked for.
 * @module
 */
import type { Btf } from "../../btf/btf.ts";
import { describeType } from "../../btf/describe.ts";
import { isWrapper } from "../../btf/resolve.ts";
import type { BtfInt, BtfKind, BtfStruct, BtfType, BtfTypeOf, BtfUnion } from "../../btf/type.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import type { ByteOrder } from "../../layout/layout.ts";
import {
  type IntegerType,
  type MemoryField,
  type MemoryType,
  type PointerType,
  type StructType,
  voidType,
} from "./type.ts";

const known = new WeakMap<Btf, Map<number, MemoryType>>();

/** The memory type of a type of the kernel; the same object each time. */
export function btfType(btf: Btf, id: number): MemoryType {
  let types = known.get(btf);
  if (types === undefined) known.set(btf, (types = new Map()));
  let type = types.get(id);
  if (type === undefined) types.set(id, (type = makeType(btf, id)));
  return type;
}

/** A struct or union of the kernel by its name; `undefined` when there is none. */
export function kernelStruct(btf: Btf, name: string): StructType | undefined {
  const type = btf.findByName(name, "struct") ?? btf.findByName(name, "union");
  const found = type ?? btf.findByName(name, "typedef");
  const memory = found && btfType(btf, found.id);
  return memory?.kind === "struct" ? memory : undefined;
}

/** What was seen on the way through typedefs and tags. */
interface Way {
  readonly btf: Btf;
  readonly order: ByteOrder;
  readonly tags: ReadonlySet<string>;
}

const networkNames: ReadonlySet<string> = new Set(["__be16", "__be32", "__be64"]);

function makeType(btf: Btf, id: number): MemoryType {
  let type = btf.typeById(id);
  let order: ByteOrder = "host";
  const tags = new Set<string>();
  while (isWrapper(type)) {
    if (type.kind === "typedef" && networkNames.has(type.name)) order = "network";
    if (type.kind === "type_tag") tags.add(type.name);
    type = btf.typeById(type.type);
  }
  const make = makers[type.kind] as (type: BtfType, way: Way) => MemoryType;
  return make(type, { btf, order, tags });
}

const opaque = (type: BtfType, { btf }: Way): MemoryType => ({
  ...voidType,
  name: type.kind === "void" ? "void" : describeType(btf, type.id),
});

type Makers = {
  readonly [Kind in BtfKind]: (type: BtfTypeOf<Kind>, way: Way) => MemoryType;
};

const makers: Makers = {
  void: opaque,
  fwd: opaque,
  func: opaque,
  func_proto: opaque,
  var: opaque,
  datasec: opaque,
  float: opaque,
  decl_tag: opaque,
  typedef: opaque,
  volatile: opaque,
  const: opaque,
  restrict: opaque,
  type_tag: opaque,
  int: (type, { order }) => integerOrBool(type, order),
  enum: ({ name, size, signed }) => integer({ name: `enum ${name}`, size, signed, order: "host" }),
  enum64: ({ name, size, signed }) =>
    integer({ name: `enum ${name}`, size, signed, order: "host" }),
  ptr: (type, { btf }) => pointer(btf, type.type, describeType(btf, type.id)),
  array: ({ id, type, length }, { btf }) => {
    const element = btf.resolve(type);
    const name = describeType(btf, id);
    if (element.kind === "int" && isCharacter(element) && length > 0) {
      return { kind: "text", name, size: length, alignment: 1 };
    }
    const memory = btfType(btf, type);
    const { alignment } = memory;
    return { kind: "array", name, size: memory.size * length, alignment, element: memory, length };
  },
  struct: (type, { btf }) => composite(btf, type),
  union: (type, { btf }) => composite(btf, type),
};

function isCharacter({ name, size }: BtfInt): boolean {
  return size === 1 && name === "char";
}

function integerOrBool(type: BtfInt, order: ByteOrder): MemoryType {
  const { name, size, encoding } = type;
  if (encoding === "bool" && size === 1) return { kind: "bool", name, size, alignment: 1 };
  return integer({ name, size, signed: encoding === "signed", order });
}

function integer(given: {
  readonly name: string;
  readonly size: number;
  readonly signed: boolean;
  readonly order: ByteOrder;
}): MemoryType {
  const { name, size, signed, order } = given;
  if (size !== 1 && size !== 2 && size !== 4 && size !== 8) {
    return { ...voidType, name, size, alignment: Math.min(size, 16) };
  }
  const bits = (8 * size) as IntegerType["bits"];
  const value = bits === 64 ? "bigint" : "number";
  return { kind: "integer", name, size, alignment: size, bits, signed, order, value };
}

function pointer(btf: Btf, target: number, name: string): PointerType {
  const size = btf.pointerSize;
  const space = spaceOf(btf, target);
  return {
    kind: "pointer",
    name,
    size,
    alignment: size,
    target: () => btfType(btf, target),
    space,
  };
}

/** Tags `__user` and `__percpu` stand before what is pointed to. */
function spaceOf(btf: Btf, target: number): PointerType["space"] {
  let type = btf.typeById(target);
  while (isWrapper(type)) {
    if (type.kind === "type_tag" && type.name === "user") return "user";
    if (type.kind === "type_tag" && type.name === "percpu") return "percpu";
    type = btf.typeById(type.type);
  }
  return "kernel";
}

function composite(btf: Btf, type: BtfStruct | BtfUnion): StructType {
  const { name, size, kind, id } = type;
  const fields = new Map<string, MemoryField | undefined>();
  return {
    kind: "struct",
    name: describeType(btf, id),
    size,
    alignment: 8,
    kernelName: name === "" || kind === "union" ? undefined : name,
    field: (wanted) => {
      if (!fields.has(wanted)) fields.set(wanted, findField(btf, type, wanted));
      return fields.get(wanted);
    },
    fieldNames: () => [...memberNames(btf, type)],
  };
}

function findField(btf: Btf, type: BtfStruct | BtfUnion, name: string): MemoryField | undefined {
  try {
    const { type: id, offset, bitOffset, size, bitfieldSize } = btf.member(type.id, name);
    const memory = btfType(btf, id);
    if (bitfieldSize === 0) return { type: memory, offset };
    const storage = Math.floor(bitOffset / (8 * size)) * size;
    const start = bitOffset - 8 * storage;
    const shift = btf.byteOrder === "little" ? start : 8 * size - start - bitfieldSize;
    return { type: memory, offset: storage, bitField: { shift, bits: bitfieldSize } };
  } catch (error) {
    if (error instanceof InvalidArgumentError) return undefined;
    throw error;
  }
}

function* memberNames(btf: Btf, type: BtfStruct | BtfUnion): Generator<string, void> {
  for (const { name, type: id } of type.members) {
    if (name !== "") yield name;
    const inner = name === "" ? btf.resolve(id) : undefined;
    if (inner?.kind === "struct" || inner?.kind === "union") yield* memberNames(btf, inner);
  }
}
