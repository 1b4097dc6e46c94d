/**
 * Checks of what this process may do, and of what is forbidden to everybody.
 * @module
 */
import { isAtLeast } from "../../kernel/feature.ts";
import {
  type Capability,
  capabilityNames,
  effectiveCapabilities,
  missingCapabilities,
} from "../machine/capabilities.ts";
import { readLockdown, readUnprivilegedDisabled, securityFolder } from "../machine/lockdown.ts";
import { readVersion } from "../machine/version.ts";
import type { Check, Surroundings, Verdict } from "./finding.ts";

/** Capabilities, the setting for unprivileged users, locked memory, lockdown, LSM. */
export const privilegeChecks: readonly Check[] = [
  { id: "capabilities", title: "capabilities", run: checkCapabilities },
  { id: "unprivileged", title: "use without privileges", run: checkUnprivileged },
  { id: "memlock", title: "limit of locked memory", run: checkMemoryLimit },
  { id: "lockdown", title: "lockdown", run: checkLockdown },
  { id: "lsm", title: "security modules", run: checkSecurityModules },
];

const wanted: readonly Capability[] = ["CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN", "CAP_SYS_ADMIN"];

function checkCapabilities({ files }: Surroundings): Verdict {
  const effective = effectiveCapabilities(files);
  const missing = missingCapabilities(wanted, effective);
  const present = capabilityNames.filter((name) => effective.has(name));
  const detail = present.length === 0 ? "none" : present.join(", ");
  if (missing.length === 0) return { status: "ok", detail };
  return {
    status: missing.includes("CAP_BPF") ? "missing" : "limited",
    detail,
    mend: `run as root, or give the process ${missing.join(", ")}`,
  };
}

function checkUnprivileged({ files }: Surroundings): Verdict {
  const setting = readUnprivilegedDisabled(files);
  const missing = missingCapabilities(["CAP_BPF"], effectiveCapabilities(files));
  const detail = `kernel.unprivileged_bpf_disabled is ${setting ?? "not there"}`;
  if (setting === 0 || missing.length === 0) return { status: "ok", detail };
  const mend =
    setting === 2
      ? "sysctl kernel.unprivileged_bpf_disabled=0 lets everybody run socket filters"
      : "the setting 1 holds until the next boot";
  return { status: "limited", detail, mend };
}

/** As much as a few maps of ordinary size take. */
const enoughBytes = 64 << 20;

function checkMemoryLimit({ files, release }: Surroundings): Verdict {
  if (isAtLeast(readVersion(files, release), [5, 11])) {
    return { status: "ok", detail: "does not matter: maps have not been counted since 5.11" };
  }
  const limits = files.text("/proc/self/limits") ?? "";
  const [, soft] = /^Max locked memory\s+(\S+)/m.exec(limits) ?? [];
  const detail = soft === "unlimited" ? "none" : `${soft ?? "unknown number of"} bytes`;
  if (soft === "unlimited" || Number(soft) >= enoughBytes) return { status: "ok", detail };
  return { status: "limited", detail, mend: "ulimit -l unlimited" };
}

function checkLockdown({ files }: Surroundings): Verdict {
  const mode = readLockdown(files);
  if (mode === undefined || mode === "none") {
    return {
      status: "ok",
      detail: mode === undefined ? "not in force, as far as can be seen" : mode,
    };
  }
  const detail =
    mode === "integrity"
      ? "integrity: programs cannot write to user memory"
      : "confidentiality: programs cannot read kernel memory";
  return { status: "limited", detail, mend: "boot with lockdown=none" };
}

function checkSecurityModules({ files }: Surroundings): Verdict {
  const folder = securityFolder(files) ?? "/sys/kernel/security";
  const modules = files.text(`${folder}/lsm`)?.trim();
  if (modules === undefined) {
    const mend = "mount -t securityfs securityfs /sys/kernel/security";
    return { status: "limited", detail: "the list cannot be read", mend };
  }
  if (modules.split(",").includes("bpf")) return { status: "ok", detail: modules };
  const mend = `boot with lsm=${modules},bpf to run LSM programs`;
  return { status: "limited", detail: `${modules}: no bpf among them`, mend };
}
