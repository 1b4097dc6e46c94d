/**
 * What the administrator has forbidden to everybody: lockdown, and bpf(2) without privileges.
 * @module
 */
import { type Files, hostFiles } from "./files.ts";
import { mountPoints } from "./mounts.ts";

/** Lockdown's mode: `integrity` forbids writing to the kernel, `confidentiality` also reading its memory. */
export type LockdownMode = "none" | "integrity" | "confidentiality";

/** Where securityfs is mounted, `/sys/kernel/security` by custom. */
export function securityFolder(files: Files = hostFiles): string | undefined {
  return mountPoints("securityfs", files)[0];
}

/** The mode in force, or `undefined` where lockdown is not built in or securityfs not mounted. */
export function readLockdown(files: Files = hostFiles): LockdownMode | undefined {
  const text = files.text(`${securityFolder(files) ?? "/sys/kernel/security"}/lockdown`);
  return /\[(\w+)\]/.exec(text ?? "")?.[1] as LockdownMode | undefined;
}

/**
 * The setting `kernel.unprivileged_bpf_disabled`: 0 lets everybody use bpf(2) a little, 1 nobody until the next boot,
 * 2 nobody for now. `undefined` where it cannot be read (before 4.4).
 */
export function readUnprivilegedDisabled(files: Files = hostFiles): number | undefined {
  return readNumber("/proc/sys/kernel/unprivileged_bpf_disabled", files);
}

/** The number in a file of one line, or `undefined` when it cannot be read. */
export function readNumber(path: string, files: Files = hostFiles): number | undefined {
  const text = files.text(path);
  return text === undefined ? undefined : Number(text.trim());
}
