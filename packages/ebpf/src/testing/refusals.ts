/**
 * Tables of calls that have to be refused.
 *
 * A refusal is an error of the library's own, of a class and with words that say what happened to what and what to do: a
 * TypeError of JavaScript is none, nor is an error that only has a number.
 * @module
 */
import assert from "node:assert/strict";
import { it } from "node:test";
import { type BpfError, InvalidArgumentError } from "../base/errors.ts";

/** A test's title, the call, what the formatted error says, and its class (`InvalidArgumentError` when left out). */
export type Refusal = readonly [
  what: string,
  call: () => unknown,
  message: RegExp,
  type?: ErrorClass,
];

// oxlint-disable-next-line typescript/no-explicit-any -- of a class only the instances count
type ErrorClass = abstract new (...given: any) => BpfError;

/** Defines a test for each call. */
export function refuse(refusals: readonly Refusal[]): void {
  for (const [what, call, message, type = InvalidArgumentError] of refusals) {
    it(what, () =>
      assert.throws(call, (error) => {
        assert.ok(error instanceof type, String(error));
        assert.match(error.format(), message);
        return true;
      }),
    );
  }
}

/** A value that TypeScript would not let through, as callers in JavaScript may give it. */
export function unchecked(value: unknown): never {
  return value as never;
}
