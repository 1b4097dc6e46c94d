/**
 * Decoding: one type of the type section as plain data.
 *
 * A handler per kind turns words into the type; the cursor it reads through checks every name and every reference,
 * so that what comes out refers to nothing that is not there. Rules that take several types are not checked here.
 * @module
 */
import { TypeCursor } from "./type-cursor.ts";
import type { TypeTable } from "./type-table.ts";
import {
  btfKinds,
  voidId,
  type BtfArray,
  type BtfDatasec,
  type BtfDeclTag,
  type BtfEnum,
  type BtfEnum64,
  type BtfFunc,
  type BtfFuncProto,
  type BtfInt,
  type BtfKind,
  type BtfMember,
  type BtfType,
  type BtfTypeOf,
  type BtfVar,
  type BtfVoid,
} from "./type.ts";

/** The type that is not stored. */
export const voidType: BtfVoid = Object.freeze({ kind: "void", id: voidId, name: "void" });

/**
 * The type with number `id`, one of the table's own.
 * @throws MalformedError when it is of an unknown kind, or refers to types or names that are not there.
 */
export function decodeType(table: TypeTable, id: number): BtfType {
  const number = table.kindNumber(id);
  const kind = btfKinds[number];
  if (kind === undefined) table.fail(id, `kind ${number} is newer than this reader`);
  return Object.freeze(decoders[kind](new TypeCursor(table, id)));
}

type Decoders = { readonly [K in BtfKind]: (at: TypeCursor) => BtfTypeOf<K> };

const decoders: Decoders = {
  void: () => voidType,
  int: decodeInt,
  ptr: (at) => ({ kind: "ptr", id: at.id, name: at.name, type: at.type }),
  array: decodeArray,
  struct: (at) => ({
    kind: "struct",
    id: at.id,
    name: at.name,
    size: at.size,
    members: decodeMembers(at),
  }),
  union: (at) => ({
    kind: "union",
    id: at.id,
    name: at.name,
    size: at.size,
    members: decodeMembers(at),
  }),
  enum: decodeEnum,
  fwd: (at) => ({ kind: "fwd", id: at.id, name: at.name, of: at.flag ? "union" : "struct" }),
  typedef: (at) => ({ kind: "typedef", id: at.id, name: at.name, type: at.type }),
  volatile: (at) => ({ kind: "volatile", id: at.id, name: at.name, type: at.type }),
  const: (at) => ({ kind: "const", id: at.id, name: at.name, type: at.type }),
  restrict: (at) => ({ kind: "restrict", id: at.id, name: at.name, type: at.type }),
  func: decodeFunc,
  func_proto: decodeFuncProto,
  var: decodeVar,
  datasec: decodeDatasec,
  float: (at) => ({ kind: "float", id: at.id, name: at.name, size: at.size }),
  decl_tag: decodeDeclTag,
  type_tag: (at) => ({
    kind: "type_tag",
    id: at.id,
    name: at.name,
    type: at.type,
    attribute: at.flag,
  }),
  enum64: decodeEnum64,
};

// GCC says both of its `char`, that it is signed and a character; kernels refuse that, loaders do not.
const encodings = { 0: "unsigned", 1: "signed", 2: "char", 3: "char", 4: "bool" } as const;

/**
 * ```
 *    31    28 27      24 23          16 15       8 7           0
 *   +--------+----------+--------------+----------+-------------+
 *   |        | encoding | first bit    |          | bits        |
 *   +--------+----------+--------------+----------+-------------+
 * ```
 */
function decodeInt(at: TypeCursor): BtfInt {
  const data = at.extra(0);
  const flags = (data >>> 24) & 0xf;
  const encoding =
    encodings[flags as keyof typeof encodings] ?? at.fail(`its encoding is ${flags}`);
  const { id, name, size } = at;
  return {
    kind: "int",
    id,
    name,
    size,
    bits: data & 0xff,
    bitOffset: (data >>> 16) & 0xff,
    encoding,
  };
}

function decodeArray(at: TypeCursor): BtfArray {
  return {
    kind: "array",
    id: at.id,
    name: at.name,
    type: at.typeAt(0, "element"),
    indexType: at.typeAt(1, "index"),
    length: at.extra(2),
  };
}

/**
 * With the flag of the struct set, the last word of a member is
 *
 * ```
 *    31              24 23                                      0
 *   +------------------+-----------------------------------------+
 *   | bits of bitfield | bits from the start of the struct       |
 *   +------------------+-----------------------------------------+
 * ```
 *
 * and without it the offset has all 32 bits.
 */
function decodeMembers(at: TypeCursor): readonly BtfMember[] {
  const hasBitfields = at.flag;
  return at.each(3, (word, index) => {
    const place = at.extra(word + 2);
    return {
      name: at.textAt(word, "member", index),
      type: at.typeAt(word + 1, "member", index),
      bitOffset: hasBitfields ? place & 0xff_ffff : place,
      bitfieldSize: hasBitfields ? place >>> 24 : 0,
    };
  });
}

/** The flag says that values are signed. */
function decodeEnum(at: TypeCursor): BtfEnum {
  const signed = at.flag;
  const values = at.each(2, (word, index) => ({
    name: at.textAt(word, "value", index),
    value: signed ? at.extra(word + 1) | 0 : at.extra(word + 1),
  }));
  return { kind: "enum", id: at.id, name: at.name, size: at.size, signed, values };
}

/** Values come as the low word, then the high word. */
function decodeEnum64(at: TypeCursor): BtfEnum64 {
  const signed = at.flag;
  const values = at.each(3, (word, index) => {
    const value = (BigInt(at.extra(word + 2)) << 32n) | BigInt(at.extra(word + 1));
    return {
      name: at.textAt(word, "value", index),
      value: signed ? BigInt.asIntN(64, value) : value,
    };
  });
  return { kind: "enum64", id: at.id, name: at.name, size: at.size, signed, values };
}

/** A function has its linkage where other kinds count their parts. */
function decodeFunc(at: TypeCursor): BtfFunc {
  return { kind: "func", id: at.id, name: at.name, type: at.type, linkage: at.linkage(at.count) };
}

/** Further arguments are said by a last parameter without name and type. */
function decodeFuncProto(at: TypeCursor): BtfFuncProto {
  const all = at.each(2, (word, index) => ({
    name: at.textAt(word, "parameter", index),
    type: at.typeAt(word + 1, "parameter", index),
  }));
  const last = all.at(-1);
  const variadic = last !== undefined && last.type === voidId && last.name === "";
  const parameters = variadic ? Object.freeze(all.slice(0, -1)) : all;
  return { kind: "func_proto", id: at.id, name: at.name, type: at.type, parameters, variadic };
}

function decodeVar(at: TypeCursor): BtfVar {
  const linkage = at.linkage(at.extra(0));
  return { kind: "var", id: at.id, name: at.name, type: at.type, linkage };
}

function decodeDatasec(at: TypeCursor): BtfDatasec {
  const variables = at.each(3, (word, index) => ({
    type: at.typeAt(word, "variable", index),
    offset: at.extra(word + 1),
    size: at.extra(word + 2),
  }));
  return { kind: "datasec", id: at.id, name: at.name, size: at.size, variables };
}

function decodeDeclTag(at: TypeCursor): BtfDeclTag {
  const component = at.extra(0) | 0;
  return {
    kind: "decl_tag",
    id: at.id,
    name: at.name,
    type: at.type,
    component: component === -1 ? undefined : component,
    attribute: at.flag,
  };
}
