/**
 * What is mounted where, from /proc/self/mountinfo (Documentation/filesystems/proc.rst, 3.5).
 * @module
 */
import { type Files, hostFiles } from "./files.ts";

/** A mounted file system as this process sees it. */
export interface Mount {
  /** Folder it is mounted on. */
  readonly path: string;
  /** Kind of file system: `bpf`, `tracefs`, `cgroup2`… */
  readonly type: string;
  /** Whether the mount or the file system is read-only. */
  readonly readOnly: boolean;
}

/** Every mount of this process, in the order they were made; empty where /proc is not there. */
export function readMounts(files: Files = hostFiles): readonly Mount[] {
  const text = files.text("/proc/self/mountinfo") ?? "";
  return text.split("\n").flatMap(parseMount);
}

/** Folders on which file systems of `type` are mounted. */
export function mountPoints(type: string, files: Files = hostFiles): readonly string[] {
  return readMounts(files).flatMap((mount) => (mount.type === type ? [mount.path] : []));
}

/**
 * One line: `36 35 98:0 /root /mount/point rw,noatime shared:1 - ext3 /dev/sda1 rw,errors=continue`.
 * Between the options and the dash stand any number of optional fields.
 */
function parseMount(line: string): Mount[] {
  const [before, after] = line.split(" - ");
  const [, , , , path, options] = before?.split(" ") ?? [];
  const [type, , superOptions] = after?.split(" ") ?? [];
  if (path === undefined || options === undefined || type === undefined) return [];
  const readOnly = isReadOnly(options) || isReadOnly(superOptions ?? "");
  return [{ path: unescapeOctal(path), type, readOnly }];
}

const isReadOnly = (options: string): boolean => options.split(",").includes("ro");

/** The kernel writes blanks, tabs, newlines and backslashes of a path as `\040` and the like. */
function unescapeOctal(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
