/**
 * Types as flat records: what BTF stores of each, under the names that `bpftool btf dump` made known.
 *
 * A record has the fields of a type in a fixed order and, apart from them, the list that some kinds end with; text and
 * JSON are two ways to write the same record. Nothing is resolved: references stay numbers.
 * @module
 */
import type { BtfKind, BtfMember, BtfParameter, BtfType, BtfTypeOf } from "../type.ts";

/** Fields by name, in the order in which they are written. */
export type Fields = Readonly<Record<string, number | bigint | string>>;

/** A list at the end of a type: members, values, parameters or variables. */
export interface RecordList {
  /** What the list is called in JSON. */
  readonly key: "members" | "values" | "params" | "vars";
  readonly items: readonly Fields[];
}

/** One type. */
export interface TypeRecord {
  readonly id: number;
  /** Kind in upper case, as in `BTF_KIND_…`. */
  readonly kind: string;
  /** `(anon)` for a type without name. */
  readonly name: string;
  readonly fields: Fields;
  readonly list: RecordList | undefined;
}

/** The record of a type. */
export function recordOf(type: BtfType): TypeRecord {
  const write = writers[type.kind] as (type: BtfType) => Body;
  const [fields, list] = write(type);
  return { id: type.id, kind: type.kind.toUpperCase(), name: nameOf(type), fields, list };
}

type Body = readonly [fields: Fields, list?: RecordList];

const writers: { readonly [K in BtfKind]: (type: BtfTypeOf<K>) => Body } = {
  void: () => [{}],
  int: ({ size, bitOffset, bits, encoding }) => [
    { size, bits_offset: bitOffset, nr_bits: bits, encoding: encodings[encoding] },
  ],
  ptr: reference,
  array: ({ type, indexType, length }) => [
    { type_id: type, index_type_id: indexType, nr_elems: length },
  ],
  struct: composite,
  union: composite,
  enum: enumeration,
  fwd: ({ of }) => [{ fwd_kind: of }],
  typedef: reference,
  volatile: reference,
  const: reference,
  restrict: reference,
  func: ({ type, linkage }) => [{ type_id: type, linkage }],
  func_proto: ({ type, parameters, variadic }) => {
    // BTF stores `...` as a last parameter with neither name nor type.
    const items = [...parameters.map(parameter), ...(variadic ? [ellipsis] : [])];
    return [
      { ret_type_id: type, vlen: items.length },
      { key: "params", items },
    ];
  },
  var: ({ type, linkage }) => [{ type_id: type, linkage }],
  datasec: ({ size, variables }) => [
    { size, vlen: variables.length },
    {
      key: "vars",
      items: variables.map((one) => ({ type_id: one.type, offset: one.offset, size: one.size })),
    },
  ],
  float: ({ size }) => [{ size }],
  decl_tag: ({ type, component }) => [{ type_id: type, component_idx: component ?? -1 }],
  type_tag: reference,
  enum64: enumeration,
};

const encodings = { unsigned: "(none)", signed: "SIGNED", char: "CHAR", bool: "BOOL" } as const;
const ellipsis: Fields = { name: "(anon)", type_id: 0 };

function reference({ type }: { readonly type: number }): Body {
  return [{ type_id: type }];
}

function composite({ size, members }: BtfTypeOf<"struct" | "union">): Body {
  return [
    { size, vlen: members.length },
    { key: "members", items: members.map(member) },
  ];
}

function member(one: BtfMember): Fields {
  const fields = { name: nameOf(one), type_id: one.type, bits_offset: one.bitOffset };
  return one.bitfieldSize === 0 ? fields : { ...fields, bitfield_size: one.bitfieldSize };
}

function parameter(one: BtfParameter): Fields {
  return { name: nameOf(one), type_id: one.type };
}

function enumeration({ signed, size, values }: BtfTypeOf<"enum" | "enum64">): Body {
  const items = values.map(({ name, value }) => ({ name, val: value }));
  return [
    { encoding: signed ? "SIGNED" : "UNSIGNED", size, vlen: items.length },
    { key: "values", items },
  ];
}

function nameOf({ name }: { readonly name: string }): string {
  return name || "(anon)";
}
