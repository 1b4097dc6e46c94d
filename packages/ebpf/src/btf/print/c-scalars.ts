/**
 * Integers and floating point numbers in C, whatever the compiler called them that made the BTF.
 *
 * BTF of other languages (`u32` of Rust and Zig) and of other machines (`__Poly8_t`) has names that are no words of C, or that
 * are others: a `char` of Rust has 4 bytes, a `long double` 16 where programs have 8. They become typedefs of a type of C
 * that has the same size, alignment and sign.
 * @module
 */
import type { BtfFloat, BtfInt } from "../type.ts";

/**
 * What C calls a number whose name is no type of C, or one of another size; `undefined` for those that are, and where C has
 * nothing like it.
 */
export function aliasOf(type: BtfInt | BtfFloat): string | undefined {
  return type.name === arraySize || sizeInC(type.name) === type.size
    ? undefined
    : standardName(type);
}

/** What clang calls the type of an array's index, which nothing is declared with. */
const arraySize = "__ARRAY_SIZE_TYPE__";

/** Bytes that programs have for what is called `name`; `undefined` when C for programs has none of this name. */
function sizeInC(name: string): number | undefined {
  const words = name.split(" ");
  if (!words.every((word) => Object.hasOwn(sizes, word))) return undefined;
  return Math.max(...words.map((word) => sizes[word]!)) || intSize;
}

const intSize = 4;

/** Bytes by the words that names of numbers are made of; 0 for those that leave it to others. */
const sizes: { readonly [word: string]: number } = {
  char: 1,
  _Bool: 1,
  short: 2,
  int: 0,
  signed: 0,
  unsigned: 0,
  float: 4,
  long: 8,
  double: 8,
  __int128: 16,
};

function standardName(type: BtfInt | BtfFloat): string | undefined {
  if (type.kind === "float") return floats[type.size];
  if (type.encoding === "bool" && type.size === 1) return "_Bool";
  if (type.encoding === "char" && type.size === 1) return "char";
  const name = integers[type.size];
  if (name === undefined) return undefined;
  return type.encoding === "signed" ? `signed ${name}` : `unsigned ${name}`;
}

const integers: { readonly [size: number]: string } = {
  1: "char",
  2: "short",
  4: "int",
  8: "long long",
  16: "__int128",
};

/** Programs have no numbers of 2, 12 and 16 bytes with a fraction, and only carry them about. */
const floats: { readonly [size: number]: string } = {
  2: "unsigned short",
  4: "float",
  8: "double",
  12: "struct { unsigned int words[3]; }",
  16: "unsigned __int128",
};
