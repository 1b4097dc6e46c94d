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
import { fromHex } from "../base/bytes.ts";
import type { MapCreate, ProgLoad } from "../kernel/commands.ts";
import { isNotFound } from "../kernel/errors.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { u32 } from "../layout/integer.ts";
import { createMap as createLiveMap } from "../map/create.ts";
import { kernelBtf } from "../program/kernel-btf.ts";
import { cgroupStorage } from "../spec/storage-map.ts";
import { mountPoints } from "../sys/machine/mounts.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";

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

function loadReturning0(shape: Pick<ProgLoad, "progType"> & Partial<ProgLoad>): void {
  openNativeKernel()
    .bpf("progLoad", { insns: returning0, license: "GPL", ...shape })
    .close();
}

const returning0 = fromHex("b700000000000000 9500000000000000"); // r0 = 0; exit

/** Attaches a program that does nothing to a function of the kernel that does nothing, and lets go of it. */
function attachFentry(): void {
  const kernel = openNativeKernel();
  const target = kernelBtf(kernel).findByName("bpf_fentry_test1", "func");
  using prog = kernel.bpf("progLoad", {
    progType: "tracing",
    expectedAttachType: "trace_fentry",
    attachBtfId: target?.id,
    insns: returning0,
    license: "GPL",
  });
  kernel.bpf("rawTracepointOpen", { prog }).close();
}

type MultiAttachType = `trace_${"kprobe" | "uprobe"}_${"multi" | "session"}`;

/** Attaches a program that does nothing to a function of the kernel, or a place of a program, and lets go of it. */
function attachMulti(attachType: MultiAttachType): void {
  const kernel = openNativeKernel();
  using prog = kernel.bpf("progLoad", {
    progType: "kprobe",
    expectedAttachType: attachType,
    insns: fromHex("b700000000000000 9500000000000000"), // r0 = 0; exit
    license: "GPL",
  });
  const places = attachType.startsWith("trace_kprobe")
    ? { kprobeMulti: { symbols: ["vfs_read"] } }
    : { uprobeMulti: { path: "/proc/self/exe", offsets: [0x1000n] } };
  kernel.bpf("linkCreate", { prog, attachType, ...places }).close();
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
