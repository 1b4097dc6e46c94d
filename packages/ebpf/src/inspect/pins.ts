/**
 * What is pinned where, and who holds what.
 *
 * The kernel keeps no list of either, so both are looked for: in every BPF file system that this process sees, and in
 * /proc. Both take time that grows with the machine, and are made only when somebody asks.
 * @module
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { BpfError } from "../base/errors.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Numbered } from "../sys/machine/holders.ts";
import { mountPoints } from "../sys/machine/mounts.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";

/** A pinned object. */
export interface Pin {
  readonly path: string;
  readonly object: Numbered;
}

/**
 * Every pin in the BPF file systems of this mount namespace. Files there that are not pins, or not open to this user, are
 * passed over. Minimum kernel 4.13.
 */
export function pins(kernel: Kernel = openNativeKernel()): readonly Pin[] {
  return mountPoints("bpf")
    .flatMap(filesBelow)
    .flatMap((path) => {
      const object = objectAt(kernel, path);
      return object === undefined ? [] : [{ path, object }];
    });
}

function filesBelow(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    // Gone by now, or closed to this user.
    return [];
  }
}

/** Opening as the wrong kind is refused, so all are tried. */
const kinds = ["program", "map", "link"] as const;

function objectAt(kernel: Kernel, pathname: string): Numbered | undefined {
  for (const kind of kinds) {
    try {
      using object = kernel.bpf("objGet", { pathname, kind });
      const { id } = kernel.bpf("objGetInfoByFd", { object });
      return { kind, id };
    } catch (error) {
      if (!(error instanceof BpfError)) throw error;
    }
  }
  return undefined;
}
