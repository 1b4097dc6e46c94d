/**
 * The kernels to test on: which Debian release has which, and how to get its files.
 *
 * Exact versions come and go in the archive, so only the two first numbers are fixed here; the newest of them that
 * there is today is taken.
 * @module
 */
import { join } from "node:path";
import { assert } from "../../packages/ebpf/src/base/assert.ts";
import { Releases, unpack } from "./apt.ts";

/** Kernels by version, and the release that has each. */
export const releases = {
  "5.10": "bullseye-security",
  "6.1": "bookworm",
  "6.12": "trixie",
  "6.18": "trixie-backports",
  "7.2": "trixie-backports",
} as const;

/** One of them. */
export type KernelName = keyof typeof releases;

/** Whether there is such a kernel. */
export function isKernelName(name: string): name is KernelName {
  return Object.hasOwn(releases, name);
}

/** Fetches a kernel and unpacks it; returns the folder, with `boot` and `lib/modules` (or `usr/lib/modules`) in it. */
export function fetchKernel(name: KernelName, cache: string): string {
  const release = new Releases(cache, releases[name]);
  const version = newestVersion(release, name);
  const image = `linux-image-${version}`;
  // Since 7.0 the image is an empty package that needs those that hold the files.
  const parts = release
    .dependencies(image)
    .filter((part) => /^linux-(base|binary|modules)-[0-9]/.test(part));
  const packages = parts.length === 0 ? [image] : parts;
  const folder = join(cache, "kernels", version, "tree");
  unpack(() => packages.map((part) => release.download(part)), folder);
  return folder;
}

/** `6.12.107+deb13-amd64`. */
function newestVersion(release: Releases, name: KernelName): string {
  const prefix = `linux-image-${name.replace(".", String.raw`\.`)}`;
  const found = release
    .search(`^${prefix}[.][0-9][^ ]*-amd64$`)
    .filter((image) => !/-(cloud|rt)-|unsigned|dbg/.test(image))
    .map((image) => image.replace(/^linux-image-/, ""));
  const newest = found.toSorted(byNumbers).at(-1);
  assert(newest !== undefined, `there is no ${name} kernel in ${releases[name]} any more`);
  return newest;
}

function byNumbers(left: string, right: string): number {
  return left.localeCompare(right, "en", { numeric: true });
}
