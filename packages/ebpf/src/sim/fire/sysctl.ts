/**
 * Settings of the kernel that processes read and write, which programs of control groups decide on
 * (kernel/bpf/cgroup.c).
 * @module
 */
import type { Core } from "../core.ts";
import type { Setting } from "../helper/context.ts";
import { type CgroupDecision, type CgroupEventOptions, fireCgroup } from "./cgroup.ts";

/** A process reads or writes a setting. */
export interface SettingAccess extends CgroupEventOptions {
  /** Below `/proc/sys`: `net/ipv4/ip_forward`. */
  readonly name: string;
  /** What it is now, as the file has it; empty when left out. */
  readonly current?: string;
  /** What is written to it; it is read when left out. */
  readonly written?: string;
  /** Where in the file, 0 when left out. */
  readonly position?: number;
}

/** What programs decided. */
export interface SettingDecision extends CgroupDecision {
  /** What is written in the end, when it is allowed. */
  readonly written?: string;
}

/** Runs the programs of a control group on the access to a setting. */
export function fireSysctl(core: Core, access: SettingAccess): SettingDecision {
  const { name, current = "", written, position = 0, ...options } = access;
  const setting: Setting = { name, current, written };
  const fields = { write: written === undefined ? 0 : 1, file_pos: position };
  const decision = fireCgroup(core, "cgroup_sysctl", fields, { ...options, given: { setting } });
  if (setting.written === undefined) return decision;
  return { ...decision, written: setting.written };
}
