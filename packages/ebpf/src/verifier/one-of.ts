/**
 * Patterns with alternatives, one in a line.
 * @module
 */

/** A pattern that is found where one of `patterns` is; their groups have different names. */
export function oneOf(...patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => source).join("|"));
}
