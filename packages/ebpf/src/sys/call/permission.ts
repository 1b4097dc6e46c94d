/**
 * Why the kernel would not do it for this process, and what to do about that.
 *
 * The kernel says only "no". What is missing is found by comparing what the operation asks for with what the process
 * has, and then by looking at the settings that forbid it to everybody.
 * @module
 */
import type { ProgramType, MapType } from "../../spec/words.ts";
import { isAtLeast, type KernelVersion } from "../../kernel/feature.ts";
import {
  type Capability,
  effectiveCapabilities,
  missingCapabilities,
} from "../machine/capabilities.ts";
import { type Files, hostFiles } from "../machine/files.ts";
import { readLockdown, readUnprivilegedDisabled } from "../machine/lockdown.ts";
import { readVersion } from "../machine/version.ts";

/**
 * What to do about a refusal of something that asks for `needed`. Before 5.8 there was only CAP_SYS_ADMIN, which the
 * hint takes into account.
 */
export function permissionHint(needed: readonly Capability[], files: Files = hostFiles): string {
  const wanted = capabilitiesIn(readVersion(files), needed);
  const missing = missingCapabilities(wanted, effectiveCapabilities(files));
  if (missing.length > 0) return missingHint(missing, files);
  const lockdown = readLockdown(files);
  if (lockdown !== undefined && lockdown !== "none") {
    return `lockdown is in mode "${lockdown}", which forbids parts of eBPF also to root; boot with lockdown=none`;
  }
  const memory = isAtLeast(readVersion(files), [5, 11])
    ? ""
    : ", or the limit of locked memory is used up (ulimit -l)";
  return `the capabilities are there: a security module, a user namespace or a container's filter forbids it${memory}`;
}

/** Maps come first, and ask for less than the programs that use them. */
const alsoNeeded = "; tracing programs need CAP_PERFMON as well, networking programs CAP_NET_ADMIN";

function missingHint(missing: readonly Capability[], files: Files): string {
  const disabled = readUnprivilegedDisabled(files) ?? 0;
  const setting =
    disabled > 0 && missing.includes("CAP_BPF")
      ? ` (kernel.unprivileged_bpf_disabled is ${disabled})`
      : "";
  const often = missing.length === 1 && missing[0] === "CAP_BPF" ? alsoNeeded : "";
  return `this process lacks ${missing.join(" and ")}${setting}: run it as root, or give it the capability${often}`;
}

/** What `needed` meant in a kernel of `version`. */
function capabilitiesIn(
  version: KernelVersion,
  needed: readonly Capability[],
): readonly Capability[] {
  if (isAtLeast(version, [5, 8])) return needed;
  return needed.some((name) => name !== "CAP_NET_ADMIN") ? ["CAP_SYS_ADMIN"] : needed;
}

// kernel/bpf/syscall.c: is_perfmon_prog_type, is_net_admin_prog_type, map_create.
const perfmonPrograms: ReadonlySet<ProgramType> = new Set<ProgramType>([
  "kprobe",
  "tracepoint",
  "perf_event",
  "raw_tracepoint",
  "raw_tracepoint_writable",
  "tracing",
  "lsm",
  "struct_ops",
  "ext",
]);
const netAdminPrograms: ReadonlySet<ProgramType> = new Set<ProgramType>([
  "sched_cls",
  "sched_act",
  "xdp",
  "lwt_in",
  "lwt_out",
  "lwt_xmit",
  "lwt_seg6local",
  "sk_skb",
  "sk_msg",
  "flow_dissector",
  "cgroup_device",
  "cgroup_sock",
  "cgroup_sock_addr",
  "cgroup_sockopt",
  "cgroup_sysctl",
  "sock_ops",
  "ext",
  "netfilter",
]);
const netAdminMaps: ReadonlySet<MapType> = new Set<MapType>([
  "sockmap",
  "sockhash",
  "devmap",
  "devmap_hash",
  "xskmap",
]);

/** What loading a program of this type asks for. */
export function programCapabilities(type: ProgramType): readonly Capability[] {
  const more: Capability[] = [];
  if (perfmonPrograms.has(type)) more.push("CAP_PERFMON");
  if (netAdminPrograms.has(type)) more.push("CAP_NET_ADMIN");
  return ["CAP_BPF", ...more];
}

/** What creating a map of this type asks for. */
export function mapCapabilities(type: MapType): readonly Capability[] {
  return netAdminMaps.has(type) ? ["CAP_BPF", "CAP_NET_ADMIN"] : ["CAP_BPF"];
}
