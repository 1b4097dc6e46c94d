/**
 * One type as the words it is stored in.
 *
 * A handler per kind says what goes into the fields all types have and what follows them; the pictures are those of
 * the reader, `type-table.ts` and `decode.ts`. References are stored as they are: whether there is such a type is not
 * looked at.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import { kindNumber } from "../type-table.ts";
import { voidId, type BtfMember, type IntEncoding, type Linkage } from "../type.ts";
import type { BtfTypeData, BtfTypeDataOf, StoredKind } from "./type-data.ts";

/** Where texts are put: what {@link BtfStrings} does. */
export interface TextSink {
  /** Offset of `text` in the strings. */
  add(text: string): number;
}

/**
 * The words of `type`, whose names go into `strings`.
 *
 * ```
 *    31    30    24 23  16 15            0
 *   +-----+--------+------+---------------+
 *   |flag | kind   | 0    | count         |   the second word
 *   +-----+--------+------+---------------+
 * ```
 *
 * Source: `struct btf_type` in include/uapi/linux/btf.h.
 * @throws {InvalidArgumentError} when it has too many parts, or a bit-field lies too far in.
 */
export function encodeType(type: BtfTypeData, strings: TextSink): number[] {
  const encode = encoders[type.kind] as Encoder<BtfTypeData>;
  const { count = 0, flag = false, value = 0, words = [] } = encode(type, strings);
  if (count > mostParts) {
    throw new InvalidArgumentError(
      `${type.kind} "${type.name}" has ${count} parts, the most is ${mostParts}`,
    );
  }
  const info = ((flag ? 1 << 31 : 0) | (kindNumber(type.kind) << 24) | count) >>> 0;
  return [strings.add(type.name), info, value, ...words];
}

/** What all kernels take: before Linux 7.2 the count has 16 bits. */
const mostParts = 0xffff;

/** What differs between kinds. */
interface Encoded {
  /** How many parts it has, or what the kind stores there instead. */
  readonly count?: number;
  readonly flag?: boolean;
  /** The third word: a size or a type. */
  readonly value?: number;
  /** What follows the three words. */
  readonly words?: readonly number[];
}

type Encoder<Data> = (type: Data, strings: TextSink) => Encoded;

const encoders: { readonly [Kind in StoredKind]: Encoder<BtfTypeDataOf<Kind>> } = {
  int: ({ size, bits, bitOffset, encoding }) => ({
    value: size,
    words: [(encodings[encoding] << 24) | (bitOffset << 16) | bits],
  }),
  ptr: encodeReference,
  array: ({ type, indexType, length }) => ({ words: [type, indexType, length] }),
  struct: encodeComposite,
  union: encodeComposite,
  enum: ({ size, signed, values }, strings) => ({
    count: values.length,
    flag: signed,
    value: size,
    words: values.flatMap(({ name, value }) => [strings.add(name), value >>> 0]),
  }),
  fwd: ({ of }) => ({ flag: of === "union" }),
  typedef: encodeReference,
  volatile: encodeReference,
  const: encodeReference,
  restrict: encodeReference,
  func: ({ type, linkage }) => ({ count: linkages[linkage], value: type }),
  func_proto: encodeFuncProto,
  var: ({ type, linkage }) => ({ value: type, words: [linkages[linkage]] }),
  datasec: ({ size, variables }) => ({
    count: variables.length,
    value: size,
    words: variables.flatMap((variable) => [variable.type, variable.offset, variable.size]),
  }),
  float: ({ size }) => ({ value: size }),
  decl_tag: ({ type, component = 0xffff_ffff, attribute }) => ({
    flag: attribute,
    value: type,
    words: [component],
  }),
  type_tag: ({ type, attribute }) => ({ flag: attribute, value: type }),
  enum64: ({ size, signed, values }, strings) => ({
    count: values.length,
    flag: signed,
    value: size,
    words: values.flatMap(({ name, value }) => [
      strings.add(name),
      Number(BigInt.asUintN(32, value)),
      Number(BigInt.asUintN(32, value >> 32n)),
    ]),
  }),
};

const encodings: { readonly [E in IntEncoding]: number } = {
  unsigned: 0,
  signed: 1,
  char: 2,
  bool: 4,
};
const linkages: { readonly [L in Linkage]: number } = { static: 0, global: 1, extern: 2 };

function encodeReference({ type }: { readonly type: number }): Encoded {
  return { value: type };
}

function encodeComposite(
  type: BtfTypeDataOf<"struct"> | BtfTypeDataOf<"union">,
  strings: TextSink,
): Encoded {
  const hasBitfields = type.members.some(({ bitfieldSize }) => bitfieldSize > 0);
  const placeOf = ({ name, bitOffset, bitfieldSize }: BtfMember): number => {
    if (!hasBitfields) return bitOffset;
    if (bitOffset <= 0xff_ffff) return ((bitfieldSize << 24) | bitOffset) >>> 0;
    throw new InvalidArgumentError(
      `${type.kind} "${type.name}": "${name}" at bit ${bitOffset} is too far in for a type with bit-fields`,
    );
  };
  return {
    count: type.members.length,
    flag: hasBitfields,
    value: type.size,
    words: type.members.flatMap((member) => [
      strings.add(member.name),
      member.type,
      placeOf(member),
    ]),
  };
}

/** That further arguments may follow is said by a last parameter without name and type. */
function encodeFuncProto(
  { type, parameters, variadic }: BtfTypeDataOf<"func_proto">,
  strings: TextSink,
): Encoded {
  const all = variadic ? [...parameters, { name: "", type: voidId }] : parameters;
  return {
    count: all.length,
    value: type,
    words: all.flatMap((parameter) => [strings.add(parameter.name), parameter.type]),
  };
}
