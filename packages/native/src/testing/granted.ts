/**
 * Takes an answer of the bridge for an object, or fails with the errno that it is instead.
 * @module
 */
import assert from "node:assert/strict";

/** `answer`, unless it is a negated errno. */
export function granted<T extends object>(answer: T | number): T {
  assert.ok(typeof answer !== "number", `errno ${-Number(answer)}`);
  return answer;
}
