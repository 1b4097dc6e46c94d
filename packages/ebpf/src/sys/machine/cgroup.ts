/**
 * Control groups (version 2) of the machine: where they are, which one a process is in, what lies below one.
 *
 * A group is named by its folder, as everywhere in this library. Its number, which programs in the kernel see
 * (`bpf_get_current_cgroup_id`) and links tell (`cgroupId`), is that of the folder in its file system.
 * @module
 */
import { readdirSync, readFileSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { assertText } from "../../base/arguments.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import { isNotFound, NotSupportedError } from "../../kernel/errors.ts";
import { fromSystem } from "../call/failure.ts";
import { type Files, hostFiles } from "./files.ts";
import { readMounts } from "./mounts.ts";

/**
 * Folder of the topmost control group that this process sees: where `cgroup2` is mounted.
 * @throws {NotSupportedError} when it is not.
 */
export function cgroupRoot(files: Files = hostFiles): string {
  const root = readMounts(files).find(({ type }) => type === "cgroup2")?.path;
  if (root !== undefined) return root;
  throw new NotSupportedError("control groups of version 2 here: cgroup2 is not mounted", {
    hint: "mount it: mount -t cgroup2 none /sys/fs/cgroup",
  });
}

/**
 * Folder of the control group that a process is in: this one, or the one called `pid`.
 * @throws {NotFoundError} when there is no such process.
 * @throws {NotSupportedError} when cgroup2 is not mounted, or the process is in no group below what is mounted.
 */
export function cgroupOf(pid: number | "self" = "self"): string {
  const root = cgroupRoot();
  const path = `/proc/${pid}/cgroup`;
  const text = fromSystem({ text: `read the control group of process ${pid}` }, () =>
    readFileSync(path, "utf8"),
  );
  const inside = unifiedPath(text);
  if (inside !== undefined) return join(root, inside);
  throw new NotSupportedError(
    `naming the control group of process ${pid}: it is outside of ${root}`,
  );
}

/**
 * The part of a process's path that cgroup2 has; the lines of version 1 begin with other numbers than 0. A path with
 * `/..` leads out of the control group namespace (cgroup_namespaces(7)).
 */
export function unifiedPath(text: string): string | undefined {
  const path = /^0::(\/.*)$/m.exec(text)?.[1];
  return path === undefined || path.startsWith("/..")
    ? undefined
    : path.replace(/ \(deleted\)$/, "");
}

/**
 * Folders of the control groups right below one.
 * @throws {NotFoundError} when there is no such group.
 */
export function childCgroups(folder: string = cgroupRoot()): readonly string[] {
  const entries = fromSystem({ text: `read the control groups below ${folder}` }, () =>
    readdirSync(folder, { withFileTypes: true }),
  );
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
}

/** Folders of a control group and of all below it, each before those below it. A group that goes away meanwhile is left out. */
export function* cgroupTree(folder: string = cgroupRoot()): Generator<string, void> {
  yield folder;
  for (const child of childrenOrNone(folder)) yield* cgroupTree(child);
}

function childrenOrNone(folder: string): readonly string[] {
  try {
    return childCgroups(folder);
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

/** CGROUP2_SUPER_MAGIC of include/uapi/linux/magic.h. */
const cgroupMagic = 0x63677270;

/**
 * Number of the control group in a folder.
 * @throws {NotFoundError} when there is no such group.
 * @throws {InvalidArgumentError} when the folder is not one of a control group: its number would mean something else.
 */
export function cgroupId(folder: string): bigint {
  assertText(folder, "the folder of a control group");
  const operation = { text: `find the number of control group ${folder}` };
  return fromSystem(operation, () => {
    if (statfsSync(folder).type !== cgroupMagic) {
      throw new InvalidArgumentError(`${folder} is not a control group`, {
        hint: `control groups are folders below ${cgroupRoot()}`,
      });
    }
    return statSync(folder, { bigint: true }).ino;
  });
}

/**
 * Folder of the control group with a number, or `undefined` when there is none below `folder`. All groups are looked at
 * until it is found.
 */
export function cgroupById(id: bigint, folder: string = cgroupRoot()): string | undefined {
  for (const path of cgroupTree(folder)) {
    if (statSync(path, { bigint: true, throwIfNoEntry: false })?.ino === id) return path;
  }
  return undefined;
}
