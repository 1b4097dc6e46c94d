/**
 * The clock that rates and turns are measured with.
 * @module
 */

const node = (globalThis as { readonly process?: Pick<NodeJS.Process, "hrtime"> }).process;

/**
 * Milliseconds of a clock that nobody sets, from any beginning. The same as `performance.now()`, which a page has and Node
 * takes milliseconds to make.
 */
export function monotonicMs(): number {
  if (node === undefined) return performance.now();
  const [seconds, nanoseconds] = node.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}
