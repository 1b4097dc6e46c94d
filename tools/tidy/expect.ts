/**
 * Fails a test with findings, one a line, and nothing of the machinery around them.
 * @module
 */
import type { Finding } from "./tree.ts";

/** Passes when there are no findings. */
export function expectNone(findings: readonly Finding[]): void {
  if (findings.length === 0) return;
  const error = new Error(findings.join("\n"));
  error.stack = error.message; // where this file throws interests nobody
  throw error;
}
