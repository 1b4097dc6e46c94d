/**
 * What is made when it is first asked for.
 * @module
 */

/** A function that gives what `make` made when it was called first. For large tables that few runs need. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
