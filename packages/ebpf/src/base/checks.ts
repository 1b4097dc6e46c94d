/**
 * Options of the outermost functions, each member with a check of its own.
 *
 * A record of checks has one for each member of the options, so that the compiler misses none, and it tells which members
 * there are: one that is misspelled is refused instead of passed over. A member that is left out is not looked at.
 * @module
 */
import { assertText, assertWhole, assertWord, type Bounds } from "./arguments.ts";
import { InvalidArgumentError } from "./errors.ts";
import { assertMembers, kindOf } from "./given.ts";

/** Looks at a value, and throws when it cannot be meant; `what` begins the message: `the mode of an XDP program`. */
export type Check = (value: unknown, what: string) => void;

/** A check for each member of `Options`. */
export type Checks<Options> = { readonly [Name in keyof Options]-?: Check };

/**
 * Checks options; `what` says whose: `an XDP program`.
 * @throws {InvalidArgumentError} when they are no object, have a member that there is not, or one that cannot be meant.
 */
export function assertOptions<Options extends object>(
  options: Options,
  checks: Checks<Options>,
  what: string,
): void {
  assertMembers(options, Object.keys(checks), what);
  for (const [name, check] of Object.entries<Check>(checks)) {
    const value = options[name as keyof Options];
    if (value !== undefined) check(value, `${name} of ${what}`);
  }
}

/** Checks a text that names something: it cannot be empty. */
export const isName: Check = (value, what) => {
  assertText(value, what);
  if (value !== "") return;
  throw new InvalidArgumentError(`${what} is empty`, { hint: "give its name" });
};

/** Checks a text, which may be empty. */
export const isText: Check = (value, what) => assertText(value, what);

/** Checks one of `words`. */
export function isWord(words: readonly string[]): Check {
  return (value, what) => assertWord(value, words, what);
}

/** Checks a whole number. */
export function isWhole(bounds?: Bounds): Check {
  return (value, what) => assertWhole(value, what, bounds);
}

/** Checks a list, each of whose values `check` is for. */
export function isListOf(check: Check): Check {
  return (values, what) => {
    if (!Array.isArray(values)) throw isOther(values, what, "an array");
    for (const value of values) check(value, `one of ${what}`);
  };
}

/** Checks an object; what is in it is for others to look at. */
export const isObject: Check = (value, what) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw isOther(value, what, "an object");
  }
};

/** Checks a function. */
export const isFunction: Check = (value, what) => {
  if (typeof value !== "function") throw isOther(value, what, "a function");
};

/** Checks whether it is said to be so or not. */
export const isBoolean: Check = (value, what) => {
  if (typeof value !== "boolean") throw isOther(value, what, "true or false");
};

/** Checks nothing: for what is looked at where it is used. */
export const isAnything: Check = () => {};

function isOther(value: unknown, what: string, wanted: string): InvalidArgumentError {
  return new InvalidArgumentError(`${what} is ${kindOf(value)}, not ${wanted}`);
}
