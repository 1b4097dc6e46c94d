/**
 * What this process may do beyond an ordinary user's rights: its effective capabilities (capabilities(7)).
 * @module
 */
import { type Files, hostFiles } from "./files.ts";

/** A capability that something of eBPF asks for. */
export type Capability = keyof typeof capabilityBits;

/** Bits in the sets of /proc/PID/status: include/uapi/linux/capability.h. */
const capabilityBits = {
  CAP_NET_ADMIN: 12,
  CAP_NET_RAW: 13,
  CAP_SYS_ADMIN: 21,
  CAP_SYS_RESOURCE: 24,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
} as const;

/** Every {@link Capability}. */
export const capabilityNames: readonly Capability[] = Object.keys(capabilityBits) as Capability[];

/** The capabilities in effect for this process; none when /proc cannot be read. */
export function effectiveCapabilities(files: Files = hostFiles): ReadonlySet<Capability> {
  const status = files.text("/proc/self/status") ?? "";
  const match = /^CapEff:\s*([0-9a-f]+)$/m.exec(status);
  const bits = match === null ? 0n : BigInt(`0x${match[1]!}`);
  const has = (name: Capability): boolean => ((bits >> BigInt(capabilityBits[name])) & 1n) === 1n;
  return new Set(capabilityNames.filter(has));
}

/** Those of `needed` that are not there. CAP_SYS_ADMIN stands for CAP_BPF and CAP_PERFMON, which came out of it. */
export function missingCapabilities(
  needed: readonly Capability[],
  effective: ReadonlySet<Capability>,
): readonly Capability[] {
  const implied = (name: Capability): boolean =>
    (name === "CAP_BPF" || name === "CAP_PERFMON") && effective.has("CAP_SYS_ADMIN");
  return needed.filter((name) => !effective.has(name) && !implied(name));
}
