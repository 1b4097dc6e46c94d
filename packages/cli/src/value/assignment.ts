/**
 * Assignments on the command line: `NAME=VALUE`.
 * @module
 */
import { InvalidArgumentError } from "commander";

/** A name and the text it is given. */
export interface Assignment {
  readonly name: string;
  readonly text: string;
}

/**
 * The two sides of `NAME=VALUE`; the value may be empty, and hold further `=`.
 * @throws {InvalidArgumentError} of commander, when there is no name or no `=`.
 */
export function parseAssignment(text: string): Assignment {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return { name, text: value };
  throw new InvalidArgumentError("Write NAME=VALUE.");
}
