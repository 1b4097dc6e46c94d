/**
 * Whole numbers on the command line.
 * @module
 */
import { InvalidArgumentError } from "commander";

/** Largest id of a process that Linux gives: PID_MAX_LIMIT in include/linux/threads.h. */
const processIdMax = 2 ** 22;

/**
 * A count of things.
 * @throws {InvalidArgumentError} of commander, when it is not a whole number from 1 up.
 */
export function parseCount(text: string): number {
  return wholeNumber(text, { min: 1, max: Number.MAX_SAFE_INTEGER });
}

/**
 * The id of a process.
 * @throws {InvalidArgumentError} of commander, when no process can have it.
 */
export function parseProcessId(text: string): number {
  return wholeNumber(text, { min: 1, max: processIdMax });
}

/**
 * A port of TCP; 0 stands for any that is free.
 * @throws {InvalidArgumentError} of commander, when there is no such port.
 */
export function parsePort(text: string): number {
  return wholeNumber(text, { min: 0, max: 2 ** 16 - 1 });
}

interface Range {
  readonly min: number;
  readonly max: number;
}

function wholeNumber(text: string, { min, max }: Range): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  const upTo = max === Number.MAX_SAFE_INTEGER ? "up" : `to ${max}`;
  throw new InvalidArgumentError(`Give a whole number from ${min} ${upTo}.`);
}
