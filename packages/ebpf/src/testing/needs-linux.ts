/**
 * Skips tests of what came with a version of Linux and has no other sign by which one could tell.
 * @module
 */
import { isAtLeast } from "../kernel/feature.ts";
import { isSimulated, kernelUnderTest } from "./kernel-under-test.ts";
import type { NeedsOptions } from "./needs.ts";

/** Options for a test or suite that needs Linux `major.minor` or newer. */
export function needsLinux(major: number, minor: number): NeedsOptions {
  const runs = isAtLeast(kernelUnderTest().version, [major, minor]);
  return { skip: runs ? false : `Linux has it since ${major}.${minor}` };
}

/** Options for a test or suite of `what`, which only a running kernel has. */
export function needsMachine(what: string): NeedsOptions {
  return { skip: isSimulated() && `the simulated kernel has no ${what}` };
}

/** Options for a test or suite with several needs, which is skipped where one of them is not met. */
export function allOf(...needed: readonly NeedsOptions[]): NeedsOptions {
  return needed.find(({ skip }) => skip !== false) ?? { skip: false };
}
