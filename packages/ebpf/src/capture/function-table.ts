/**
 * What stands beside functions since their file was transformed.
 *
 * The transformed file hands each function with its description to a table of the realm, under a symbol that all copies
 * of this library share. What descriptions hold is not known here.
 * @module
 */

/** Key of the table, for `Symbol.for`. */
export const tableKey = "ts-ebpf:functions";

/** The description of a function; `undefined` when its file was not transformed. */
export function describedIn(fn: (...given: never[]) => unknown): unknown {
  const table = (globalThis as unknown as Record<symbol, unknown>)[Symbol.for(tableKey)];
  return (table as WeakMap<WeakKey, unknown> | undefined)?.get(fn);
}
