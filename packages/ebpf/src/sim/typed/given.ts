/**
 * Values as tests give them for what the kernel would have there.
 * @module
 */

/**
 * A value for a type of the kernel. Integers are numbers, or bigints where a number is too small; enums also the name of
 * an enumerator; arrays of characters are text. A pointer is an address; or what it points to, which is placed in
 * memory: text, bytes, an object whose members are those of the struct, a list for several elements. What is left out
 * is zero.
 */
export type Given =
  | number
  | bigint
  | boolean
  | string
  | Uint8Array
  | null
  | undefined
  | readonly Given[]
  | GivenObject;

/** Members of a struct or union by name; those of unnamed structs within count as its own. */
export interface GivenObject {
  readonly [member: string]: Given;
}

/** A value as it was read: pointers are addresses, arrays of characters text, integers beyond 32 bits bigints. */
export type Found = number | bigint | string | readonly Found[] | FoundObject;

/** Members of a struct or union by name. */
export interface FoundObject {
  readonly [member: string]: Found;
}

/** Whether a value is an object with members. */
export function isObject(given: Given): given is GivenObject {
  return (
    typeof given === "object" &&
    given !== null &&
    !Array.isArray(given) &&
    !(given instanceof Uint8Array)
  );
}
