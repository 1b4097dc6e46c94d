/**
 * What eBPF depends on, and how it is on this machine.
 *
 * Every check reads files of /proc and /sys and compares; none calls bpf(2), attaches or changes anything, and none
 * needs privileges. What the kernel can do is another question, which `probeFeatures` asks.
 * @module
 */
import { machine, release } from "node:os";
import { loadBridge } from "@ts-ebpf/native";
import { hostFiles } from "../machine/files.ts";
import type { Finding, Surroundings } from "./finding.ts";
import { machineChecks } from "./machine-checks.ts";
import { mountChecks } from "./mount-checks.ts";
import { privilegeChecks } from "./privilege-checks.ts";

const checks = [...machineChecks, ...privilegeChecks, ...mountChecks];

/** Looks at everything eBPF depends on. Never throws. `surroundings` other than this machine are for tests. */
export function checkEnvironment(surroundings: Partial<Surroundings> = {}): readonly Finding[] {
  const here: Surroundings = {
    files: hostFiles,
    release: release(),
    machine: machine(),
    loadBridge,
    ...surroundings,
  };
  return checks.map(({ id, title, run }) => ({ id, title, ...run(here) }));
}
