/**
 * Versions of the kernel as numbers that compare: `major * 1000 + minor`.
 * @module
 */
import { InvalidArgumentError } from "commander";

/**
 * The number of a version such as `5.15`: 5015.
 * @throws {InvalidArgumentError} of commander, when it is none.
 */
export function parseKernelVersion(text: string): number {
  if (/^[1-9]\d*\.\d{1,3}$/.test(text)) return kernelVersionOf(text);
  throw new InvalidArgumentError("Write a version such as 5.15.");
}

/** The number of a release as the kernel tells it: `6.1.0-13-amd64` is 6001. */
export function kernelVersionOf(release: string): number {
  const [, major = "0", minor = "0"] = /^(\d+)\.(\d+)/.exec(release) ?? [];
  return Number(major) * 1000 + Number(minor);
}
