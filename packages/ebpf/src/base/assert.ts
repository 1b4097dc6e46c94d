/**
 * Assertions: conditions that only a mistake of ours can break.
 * @module
 */

/** Throws when `condition` does not hold. What a caller can get wrong is an error of its own. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`internal error: ${message}; please report it`);
}
