/**
 * The error of a value that does not fit its layout, and the words in it.
 *
 * The error starts where the value is wrong and gains one step of its path in each array and struct it passes on the
 * way out, so nobody pays for a path while all is well. It does not say where in memory the value should have gone.
 * @module
 */
import { InvalidArgumentError, type BpfErrorOptions } from "../base/errors.ts";

/** Name of a field, or index in an array. */
export type PathStep = string | number;

/** A value that its layout cannot hold. */
export class ValueError extends InvalidArgumentError {
  /** Where in the value it is wrong, from the outside in: `["ports", 3, "low"]`. */
  readonly path: readonly PathStep[];
  /** What is wrong, without the place. */
  readonly problem: string;

  constructor(problem: string, place: ValuePlace = {}) {
    const { path = [], owner = "", ...options } = place;
    super(`${formatPath(owner, path)}${problem}`, options);
    this.path = path;
    this.problem = problem;
  }
}

/** Where a {@link ValueError} is, and what else is known. */
export interface ValuePlace extends BpfErrorOptions {
  readonly path?: readonly PathStep[];
  /** Name of the outermost struct, which starts the path in the message. */
  readonly owner?: string;
}

/** `error` with one more step in front of its path, if it is about a value; any other error as it is. */
export function within(error: unknown, step: PathStep, owner = ""): unknown {
  if (!(error instanceof InvalidArgumentError)) return error;
  const { problem, path, cause } =
    error instanceof ValueError
      ? error
      : { problem: error.message, path: [], cause: error as unknown };
  const hint = error.hint === undefined ? {} : { hint: error.hint };
  return new ValueError(problem, { path: [step, ...path], owner, cause, ...hint });
}

/** The error of a value of another type than expected. */
export function unexpected(
  value: unknown,
  expected: string,
  options?: BpfErrorOptions,
): ValueError {
  const problem =
    value === undefined
      ? `missing, expected ${expected}`
      : `expected ${expected}, got ${show(value)}`;
  return new ValueError(problem, options);
}

/** Checks that `value` is a string, as `expected` says. */
export function requireString(value: unknown, expected: string): void {
  if (typeof value !== "string") throw unexpected(value, `${expected} (a string)`);
}

const longestShown = 40;

/** A value in a few words: `"text"`, `70000`, `5n`, `an array of 3`, `an object`. */
export function show(value: unknown): string {
  if (typeof value === "string") return showText(value);
  if (typeof value === "bigint") return `${value}n`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value === "function") return "a function";
  return Object.is(value, -0) ? "-0" : String(value);
}

function showText(text: string): string {
  return JSON.stringify(text.length > longestShown ? `${text.slice(0, longestShown)}…` : text);
}

function formatPath(owner: string, path: readonly PathStep[]): string {
  let text = owner;
  for (const step of path) text += typeof step === "number" ? `[${step}]` : `.${step}`;
  return text === "" ? "" : `${text.replace(/^\./, "")}: `;
}
