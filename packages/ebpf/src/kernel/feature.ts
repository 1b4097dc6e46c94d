/**
 * Kernel versions, and what came with which.
 * @module
 */

/** A kernel version: `[6, 18]` or `[6, 18, 44]`. */
export type KernelVersion = readonly [major: number, minor: number, patch?: number];

/** Negative, zero or positive as `left` is older than, equal to or newer than `right`. */
export function compareVersions(left: KernelVersion, right: KernelVersion): number {
  return left[0] - right[0] || left[1] - right[1] || (left[2] ?? 0) - (right[2] ?? 0);
}

/** Whether a kernel of version `version` has what came with `since`. */
export function isAtLeast(version: KernelVersion, since: KernelVersion): boolean {
  return compareVersions(version, since) >= 0;
}

/** `"6.18.44"` from its numbers; the patch level is left out where unknown. */
export function formatVersion(version: KernelVersion): string {
  return version.filter((part) => part !== undefined).join(".");
}

/** The version at the start of a release name such as `6.18.44-cloud-amd64`, or `undefined`. */
export function parseVersion(release: string): KernelVersion | undefined {
  const match = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(release);
  if (match === null) return undefined;
  return [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
}
