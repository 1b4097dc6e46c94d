/**
 * Names of BTF as names of C.
 *
 * BTF of C has names of C. Other languages write theirs: `type`, `default` and `union` are members of structs in Rust, tuples
 * have members called `0`, and types have paths and parameters in their names. What C has no name for becomes an
 * underscore; words that C keeps to itself are taken, as if something else had the name.
 * @module
 */
import { Names } from "./names.ts";

/** What clang lets nothing be called, in C of 2017 with the extensions of GNU, which is what it takes for C. */
export const keywords: ReadonlySet<string> = new Set([
  ...words("auto break case char const continue default do double else enum extern float for"),
  ...words("goto if inline int long register restrict return short signed sizeof static struct"),
  ...words("switch typedef union unsigned void volatile while asm typeof"),
  ...words("_Alignas _Alignof _Atomic _Bool _Complex _Generic _Imaginary _Noreturn"),
  ...words("_Static_assert _Thread_local __int128 __thread __auto_type __float128 __attribute__"),
]);

/** `name`, or the closest to it that C can read. */
export function identifier(name: string): string {
  if (/^[A-Za-z_$][\w$]*$/.test(name)) return name;
  return name.replaceAll(/[^\p{L}\p{N}_$]/gu, "_").replace(/^(?=\p{N})/u, "_");
}

/** Hands out names of what stands together: members of a struct, parameters of a function. What has none needs none. */
export class LocalNames {
  readonly #names = new Names(keywords);

  /** The name of C for the one that is called `name`. */
  take(name: string): string {
    return name === "" ? "" : this.#names.take(identifier(name));
  }
}

function words(text: string): readonly string[] {
  return text.split(" ");
}
