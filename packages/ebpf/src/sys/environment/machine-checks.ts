/**
 * Checks of what the machine and its kernel are.
 * @module
 */
import { plural } from "../../base/text.ts";
import { formatVersion, isAtLeast, type KernelVersion } from "../../kernel/feature.ts";
import { btfFolder } from "../btf-file.ts";
import { architectures, findArchitecture } from "../machine/architecture.ts";
import { readCpus } from "../machine/cpus.ts";
import { readNumber } from "../machine/lockdown.ts";
import { readVersion } from "../machine/version.ts";
import type { Check, Surroundings, Verdict } from "./finding.ts";

/** Has ring buffers and links of most kinds: what the guides take for granted. */
const comfortable: KernelVersion = [5, 10];
/** Has BTF and raw tracepoints; below it, little of this library works. */
const usable: KernelVersion = [4, 18];

/** Kernel, architecture, CPUs, bridge, BTF, JIT. */
export const machineChecks: readonly Check[] = [
  { id: "kernel", title: "kernel version", run: checkKernel },
  { id: "architecture", title: "architecture", run: checkArchitecture },
  { id: "cpus", title: "CPUs", run: checkCpus },
  { id: "bridge", title: "native bridge", run: checkBridge },
  { id: "btf", title: "BTF of the kernel", run: checkBtf },
  { id: "jit", title: "JIT compiler", run: checkJit },
];

function checkKernel({ files, release }: Surroundings): Verdict {
  const version = readVersion(files, release);
  const detail = `Linux ${formatVersion(version)} (${release})`;
  if (isAtLeast(version, comfortable)) return { status: "ok", detail };
  return {
    status: isAtLeast(version, usable) ? "limited" : "missing",
    detail,
    mend: `use Linux ${formatVersion(comfortable)} or newer, which has ring buffers and links`,
  };
}

function checkArchitecture({ machine }: Surroundings): Verdict {
  const architecture = findArchitecture(machine);
  if (architecture !== undefined) {
    return { status: "ok", detail: `${architecture.name}, ${architecture.byteOrder}-endian` };
  }
  const known = Object.keys(architectures).join(", ");
  return { status: "missing", detail: `${machine} is not known`, mend: `known are ${known}` };
}

function checkCpus({ files }: Surroundings): Verdict {
  const { possible, online } = readCpus(files);
  return { status: "ok", detail: `${possible.length} possible, ${online.length} online` };
}

function checkBridge({ loadBridge }: Surroundings): Verdict {
  try {
    loadBridge();
    return { status: "ok", detail: "loaded" };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const hint = (error as { readonly hint?: unknown }).hint;
    const mend =
      typeof hint === "string" ? hint : "npm run build:native builds it for this machine";
    return { status: "missing", detail, mend };
  }
}

function checkBtf({ files }: Surroundings): Verdict {
  const names = files.names(btfFolder) ?? [];
  if (names.includes("vmlinux")) {
    return { status: "ok", detail: `vmlinux and ${plural(names.length - 1, "module")}` };
  }
  return {
    status: "missing",
    detail: `${btfFolder}/vmlinux is not there`,
    mend: "use a kernel built with CONFIG_DEBUG_INFO_BTF",
  };
}

const jitSettings = "/proc/sys/net/core/bpf_jit_";

function checkJit({ files }: Surroundings): Verdict {
  const enabled = readNumber(`${jitSettings}enable`, files);
  if (enabled === undefined) {
    return { status: "limited", detail: "not built in, or its setting cannot be read" };
  }
  if (enabled === 0) {
    const mend = "sysctl net.core.bpf_jit_enable=1";
    return { status: "limited", detail: "off: programs are interpreted", mend };
  }
  const harden = readNumber(`${jitSettings}harden`, files);
  const detail = { 0: "on", 1: "on, hardened for unprivileged users", 2: "on, hardened for all" };
  return { status: "ok", detail: detail[harden as 0 | 1 | 2] ?? "on" };
}
