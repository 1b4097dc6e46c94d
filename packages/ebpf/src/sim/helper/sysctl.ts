/**
 * Helpers on settings of the kernel that a process reads or writes (kernel/bpf/cgroup.c).
 * @module
 */
import { cString } from "../../base/bytes.ts";
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import type { Machine } from "../vm/machine.ts";
import { type HelperGroup, readable, u32Of, u64Of, writable } from "./context.ts";

const encoder = new TextEncoder();

/** BPF_F_SYSCTL_BASE_NAME of include/uapi/linux/bpf.h. */
const baseName = 1n;
/** Most bytes that are written: a page without its last byte. */
const mostBytes = 4095;

/** Copies text as far as there is room, with a zero byte: its length, or -E2BIG. */
function putText(machine: Machine, text: string): number {
  const size = u32Of(machine, 3);
  const bytes = encoder.encode(text);
  if (size === 0) return failed.tooBig;
  const target = writable(machine, 2, size).fill(0);
  target.set(bytes.subarray(0, size - 1));
  return bytes.length < size ? bytes.length : failed.tooBig;
}

/** The same for a value, which has to be one. */
function putValue(machine: Machine, value: string | undefined): number {
  if (value !== undefined && value !== "") return putText(machine, value);
  writable(machine, 2, u32Of(machine, 3)).fill(0);
  return failed.invalid;
}

function name(machine: Machine, { current: { setting } }: Core): number {
  if (setting === undefined) return failed.invalid;
  const { name: whole } = setting;
  const isBase = (u64Of(machine, 4) & baseName) !== 0n;
  return putText(machine, isBase ? whole.slice(whole.lastIndexOf("/") + 1) : whole);
}

function setNew(machine: Machine, { current: { setting } }: Core): number {
  const length = u32Of(machine, 3);
  if (setting?.written === undefined || length === 0) return failed.invalid;
  if (length > mostBytes) return failed.tooBig;
  setting.written = cString(readable(machine, 2, length));
  return 0;
}

/** Settings. */
export const sysctlHelpers: HelperGroup = {
  sysctl_get_name: name,
  sysctl_get_current_value: (machine, { current: { setting } }) =>
    putValue(machine, setting?.current),
  sysctl_get_new_value: (machine, { current: { setting } }) => putValue(machine, setting?.written),
  sysctl_set_new_value: setNew,
};
