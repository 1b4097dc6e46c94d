/**
 * Kernel versions, and what came with which.
 * @module
 */
import { assertText } from "../base/arguments.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { kindOf } from "../base/given.ts";

/** A kernel version: `[6, 18]` or `[6, 18, 44]`. */
export type KernelVersion = readonly [major: number, minor: number, patch?: number];

/** Negative, zero or positive as `left` is older than, equal to or newer than `right`. */
export function compareVersions(left: KernelVersion, right: KernelVersion): number {
  assertVersion(left);
  assertVersion(right);
  return left[0] - right[0] || left[1] - right[1] || (left[2] ?? 0) - (right[2] ?? 0);
}

/** Whether a kernel of version `version` has what came with `since`. */
export function isAtLeast(version: KernelVersion, since: KernelVersion): boolean {
  return compareVersions(version, since) >= 0;
}

/** `"6.18.44"` from its numbers; the patch level is left out where unknown. */
export function formatVersion(version: KernelVersion): string {
  assertVersion(version);
  return version.filter((part) => part !== undefined).join(".");
}

/** The version at the start of a release name such as `6.18.44-cloud-amd64`, or `undefined`. */
export function parseVersion(release: string): KernelVersion | undefined {
  assertText(release, "the release of a kernel");
  const match = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(release);
  if (match === null) return undefined;
  return [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
}

/** @throws {InvalidArgumentError} when it is none: nothing is older or newer than a text. */
function assertVersion(version: unknown): asserts version is KernelVersion {
  if (Array.isArray(version) && typeof version[0] === "number" && typeof version[1] === "number")
    return;
  throw new InvalidArgumentError(`${kindOf(version)} is no version of a kernel`, {
    hint: "give its numbers, [5, 8]; parseVersion reads a text",
  });
}
