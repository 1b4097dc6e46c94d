/**
 * What examples print, for their tests: kept to be looked at, instead of shown among the results.
 * @module
 */
import type { TestContext } from "node:test";

/** What is given to `console.log` while a test runs, call by call. */
export function keepPrinted({ mock }: TestContext): readonly (readonly unknown[])[] {
  const printed: (readonly unknown[])[] = [];
  mock.method(console, "log", (...words: readonly unknown[]) => void printed.push(words));
  return printed;
}
