/**
 * What callers give where types do not hold them back: in JavaScript, behind `any`, out of JSON.
 *
 * A member that nobody looks at says nothing when it is misspelled, and a value of another kind fails far from where it
 * came in. So the outermost functions look at what they are given. Numbers and words have functions of their own.
 * @module
 */
import { InvalidArgumentError } from "./errors.ts";
import { didYouMean } from "./text.ts";

/** What `value` is, in words: `a text`, `an array`, `nothing`. */
export function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (value instanceof Promise) return "a promise";
  if (ArrayBuffer.isView(value)) return "bytes";
  return kinds[typeof value] ?? "an object";
}

const kinds: Readonly<Record<string, string>> = {
  bigint: "a bigint",
  boolean: "a boolean",
  function: "a function",
  number: "a number",
  string: "a text",
  symbol: "a symbol",
};

/**
 * Checks that `given` has no members but those that are known; `what` begins the message: `a test run`.
 * @throws {InvalidArgumentError} with the member that may have been meant.
 */
export function assertMembers(given: object, known: readonly string[], what: string): void {
  const isList = Array.isArray(given) || ArrayBuffer.isView(given);
  if (typeof given !== "object" || given === null || isList) {
    throw new InvalidArgumentError(`${what} is given ${kindOf(given)}, not an object`, {
      hint: `its members can be ${known.join(", ")}`,
    });
  }
  const other = Object.keys(given).find((name) => !known.includes(name));
  if (other === undefined) return;
  throw new InvalidArgumentError(`${what} takes no "${other}"`, {
    hint: didYouMean(other, known) ?? `there are ${known.join(", ")}`,
  });
}

/**
 * Checks bytes; `what` begins the message: `the packet`.
 * @throws {InvalidArgumentError} when `value` is something else.
 */
export function assertBytes(value: unknown, what: string): asserts value is Uint8Array {
  if (value instanceof Uint8Array) return;
  throw new InvalidArgumentError(`${what} is ${kindOf(value)}, not bytes`, {
    hint: "give a Uint8Array",
  });
}

/**
 * Checks something live by a method that it has; `what` begins the message: `the map`, `hint` says what to give.
 * @throws {InvalidArgumentError} when `value` has no such method.
 */
export function assertLive(value: unknown, method: string, what: string, hint: string): void {
  const found = (value as Readonly<Record<string, unknown>> | null | undefined)?.[method];
  if (typeof found === "function") return;
  throw new InvalidArgumentError(`${what} is ${kindOf(value)}`, { hint });
}
