/**
 * Integers and floating point numbers in C, whatever the compiler called them that made the BTF.
 *
 * BTF of other languages (`u32` of Rust and Zig) and of other machines (`__Poly8_t`) has names that are no words of C. They
 * become typedefs of the type of C that has the same size and sign.
 * @module
 */
import type { BtfFloat, BtfInt } from "../type.ts";

/** The words that names of numbers are made of in C. */
const words: ReadonlySet<string> = new Set(
  "char short int long signed unsigned _Bool __int128 float double _Float16 _Complex __bf16".split(
    " ",
  ),
);

/** What C calls a number whose name is no type of C; `undefined` for those that are, and where C has nothing like it. */
export function aliasOf(type: BtfInt | BtfFloat): string | undefined {
  const isOfC = type.name.split(" ").every((word) => words.has(word));
  return isOfC || type.name === arraySize ? undefined : standardName(type);
}

/** What clang calls the type of an array's index, which nothing is declared with. */
const arraySize = "__ARRAY_SIZE_TYPE__";

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

const floats: { readonly [size: number]: string } = { 4: "float", 8: "double", 16: "long double" };
