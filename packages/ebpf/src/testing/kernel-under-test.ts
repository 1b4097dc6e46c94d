/**
 * The kernel that tests run against: the native one, or with `EBPF_TEST_KERNEL=simulated` the simulated one.
 *
 * Tests that must hold for both ask here. What only the machine has, `needs` then counts as missing.
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import type { Kernel } from "../kernel/kernel.ts";
import { createSimulatedKernel } from "../sim/simulated-kernel.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";

/** Whether tests run against the simulated kernel. */
export function isSimulated(): boolean {
  return process.env["EBPF_TEST_KERNEL"] === "simulated";
}

/** The kernel to test. */
export function kernelUnderTest(): Kernel {
  return isSimulated() ? simulatedKernel() : openNativeKernel();
}

/** A simulated kernel in which this process runs. */
function simulatedKernel(): Kernel {
  const kernel = createSimulatedKernel({ ...ofThisMachine(), files });
  const [pid, uid, gid] = [process.pid, process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  kernel.world.task = { pid, tid: pid, uid, gid, comm: threadName(), ppid: process.ppid };
  return kernel;
}

function threadName(): string {
  const path = "/proc/self/comm";
  return existsSync(path) ? readFileSync(path, "utf8").trim() : "node";
}

/** Files of the machine, for tests that make some. */
function files(path: string): Uint8Array | undefined {
  return existsSync(path) ? readFileSync(path) : undefined;
}

const types = "/sys/kernel/btf/vmlinux";

/** The types of this machine's kernel, which everybody may read; else those of the library. */
function ofThisMachine(): { readonly btf?: Uint8Array } {
  return existsSync(types) ? { btf: readFileSync(types) } : {};
}
