/**
 * What tests can need of a machine, and how to find out whether it has that: one row each.
 *
 * A row tries the thing itself where that leaves no trace, and otherwise looks for the file by which the kernel shows it.
 * The version of the kernel never decides.
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { MapCreate } from "../kernel/commands.ts";
import { isNotFound } from "../kernel/errors.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { u32 } from "../layout/integer.ts";
import { createMap as createLiveMap } from "../map/create.ts";
import { cgroupStorage } from "../spec/storage-map.ts";
import { mountPoints } from "../sys/machine/mounts.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import {
  attachFentry,
  attachMulti,
  functionId,
  loadNamingFile,
  loadReturning0,
} from "./probe-programs.ts";

/** Looks whether the machine has something: why not, or `undefined` when it has. */
type Probe = () => string | undefined;

/** Names of everything a test can need. */
export const capabilities = [
  "root",
  "bpf",
  "ringbuf",
  "user-ringbuf",
  "btf",
  "kprobe",
  "kprobe-multi",
  "kprobe-session",
  "uprobe",
  "uprobe-multi",
  "uprobe-session",
  "fentry",
  "lsm",
  "lsm-path",
  "folios",
  "bpffs",
  "tracefs",
  "cgroup2",
  "cgroup-storage",
  "tcx",
  "netkit",
  "netfilter",
  "xdp-frags",
  "netns",
  "clang",
  "llvm-mc",
  "bpftool",
  "bpftrace",
  "ip",
  "python3",
  "zsh",
  "fish",
  "chromium",
] as const;

/** Something a test can need. */
export type Capability = (typeof capabilities)[number];

/** Why `capability` is missing; `undefined` when it is there. The machine is asked once. */
export function whyMissing(capability: Capability): string | undefined {
  if (!answers.has(capability)) answers.set(capability, probes[capability]());
  return answers.get(capability);
}

const answers = new Map<Capability, string | undefined>();

const probes: { readonly [K in Capability]: Probe } = {
  root: () => (process.getuid?.() === 0 ? undefined : "not root"),
  bpf: attempt(() => createMap({ mapType: "array", keySize: 4, valueSize: 4, maxEntries: 1 })),
  ringbuf: attempt(() =>
    createMap({ mapType: "ringbuf", keySize: 0, valueSize: 0, maxEntries: 2 ** 16 }),
  ),
  "user-ringbuf": attempt(() =>
    createMap({ mapType: "user_ringbuf", keySize: 0, valueSize: 0, maxEntries: 2 ** 16 }),
  ),
  btf: file("/sys/kernel/btf/vmlinux"),
  kprobe: file("/sys/bus/event_source/devices/kprobe"),
  "kprobe-multi": attempt(() => attachMulti("trace_kprobe_multi")),
  "kprobe-session": attempt(() => attachMulti("trace_kprobe_session")),
  uprobe: file("/sys/bus/event_source/devices/uprobe"),
  "uprobe-multi": attempt(() => attachMulti("trace_uprobe_multi")),
  "uprobe-session": attempt(() => attachMulti("trace_uprobe_session")),
  fentry: attempt(attachFentry),
  lsm: () =>
    activeSecurityModules().includes("bpf") ? undefined : "bpf is no active security module",
  "lsm-path": attempt(loadNamingFile),
  folios: attempt(() => functionId("folio_mark_accessed")),
  bpffs: mounted("bpf"),
  tracefs: mounted("tracefs"),
  cgroup2: mounted("cgroup2"),
  "cgroup-storage": attempt(() =>
    createLiveMap(openNativeKernel(), cgroupStorage("probe", u32)).close(),
  ),
  tcx: attempt(() =>
    openNativeKernel().bpf("progQuery", { target: loopback, attachType: "tcx_ingress" }),
  ),
  netkit: attempt(() => askForNetkit(openNativeKernel())),
  netfilter: attempt(() =>
    loadReturning0({ progType: "netfilter", expectedAttachType: "netfilter" }),
  ),
  "xdp-frags": attempt(() => loadReturning0({ progType: "xdp", progFlags: ["xdp_has_frags"] })),
  netns: () =>
    spawnSync("unshare", ["--net", "true"]).status === 0
      ? undefined
      : "cannot make a network namespace",
  clang: command("clang"),
  "llvm-mc": command("llvm-mc"),
  bpftool: command("bpftool"),
  bpftrace: command("bpftrace"),
  ip: command("ip"),
  python3: command("python3"),
  zsh: command("zsh"),
  fish: command("fish"),
  chromium: command("chromium"),
};

/** Number of the loopback interface, the first in every network namespace. */
const loopback = 1;

function attempt(work: () => void): Probe {
  return () => {
    try {
      work();
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
}

function createMap(attributes: MapCreate): void {
  openNativeKernel().bpf("mapCreate", attributes).close();
}

/** A kernel that knows netkit says that the loopback interface is none. */
function askForNetkit(kernel: Kernel): void {
  try {
    kernel.bpf("progQuery", { target: loopback, attachType: "netkit_primary" });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

function activeSecurityModules(): readonly string[] {
  const path = join(mountPoints("securityfs")[0] ?? "/sys/kernel/security", "lsm");
  return existsSync(path) ? readFileSync(path, "utf8").trim().split(",") : [];
}

function file(path: string): Probe {
  return () => (existsSync(path) ? undefined : `there is no ${path}`);
}

function mounted(type: string): Probe {
  return () => (mountPoints(type).length > 0 ? undefined : `no ${type} is mounted`);
}

function command(name: string): Probe {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return () =>
    folders.some((folder) => existsSync(join(folder, name)))
      ? undefined
      : `${name} is not installed`;
}
