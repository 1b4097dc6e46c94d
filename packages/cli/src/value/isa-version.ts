/**
 * Versions of the instruction set, as compilers of C name them.
 * @module
 */
import { InvalidArgumentError } from "commander";

const versions = [1, 2, 3, 4] as const;

/** A version of the instruction set. */
export type IsaVersion = (typeof versions)[number];

/**
 * The version in `3` or `v3`.
 * @throws {InvalidArgumentError} of commander, when there is no such version.
 */
export function parseIsaVersion(text: string): IsaVersion {
  const version = versions.find((one) => text === String(one) || text === `v${one}`);
  if (version !== undefined) return version;
  throw new InvalidArgumentError("There are 1, 2, 3 (kernel 5.1) and 4 (kernel 6.6).");
}
