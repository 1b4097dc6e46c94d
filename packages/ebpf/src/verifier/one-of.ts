/**
 * Patterns with alternatives, one in a line.
 * @module
 */

/** A pattern that is found where one of `patterns` is; groups of the same name are that of the one that is found. */
export function oneOf(...patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => source).join("|"));
}
