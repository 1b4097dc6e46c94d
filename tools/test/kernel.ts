/**
 * Runs the kernel tests: all `x.kernel.test.ts`, a process for each, one after the other, as root.
 *
 * The run gets a mount namespace of its own with its own BPF file system and tracefs in a temporary folder, so that no
 * pin and no mount reaches the machine; afterwards nothing that it loaded may be left. Where it cannot run at all, it says
 * so and succeeds, unless `EBPF_TEST_PROMISES` promised root. `npm run test:kernel -- ringbuf` runs files by name.
 * @module
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Kernel } from "../../packages/ebpf/src/kernel/kernel.ts";
import { openNativeKernel } from "../../packages/ebpf/src/sys/native-kernel.ts";
import { promises } from "../../packages/ebpf/src/testing/promises.ts";
import { findTests, parseSelection } from "./files.ts";
import { heldByProcesses, listLoaded, type Loaded, orphans } from "./loaded.ts";
import { root, run, testCommand } from "./node.ts";

/** Options of unshare(1). */
const namespace = ["--mount", "--propagation", "private"];

/** Runs in the namespace `sh -c PREPARE sh FOLDER COMMAND…`. What cannot be mounted, tests report by `needs`. */
const prepare = `
umount --all --lazy --types bpf 2>/dev/null
mount -t bpf bpf "$1/bpf"
mount -t tracefs tracefs "$1/tracing"
shift
exec "$@"`;

async function main(commandLine: readonly string[]): Promise<number> {
  const { words, options } = parseSelection(commandLine);
  const files = findTests(root, "kernel", words);
  if (files.length === 0) return report(`no kernel test has ${words.join(" or ")} in its path`, 1);
  const obstacle = findObstacle();
  if (obstacle === undefined) return runAndCompare(files, options);
  if (!promises().includes("root")) return report(`kernel tests skipped: ${obstacle}`, 0);
  return report(`kernel tests cannot run although root is promised: ${obstacle}`, 1);
}

/** Why no kernel test can run here; `undefined` when they can. */
function findObstacle(): string | undefined {
  if (process.platform !== "linux") return "they need Linux";
  if (process.getuid?.() !== 0) return "they need root; run sudo npm run test:kernel";
  if (spawnSync("unshare", [...namespace, "true"]).status === 0) return undefined;
  return "unshare(1) cannot make a mount namespace here, which needs CAP_SYS_ADMIN";
}

async function runAndCompare(
  files: readonly string[],
  options: readonly string[],
): Promise<number> {
  const kernel = openNativeKernel();
  const before = listLoaded(kernel);
  const status = await runInNamespace(files, options);
  const left = await waitForOrphans(kernel, before);
  if (left.length === 0) return status;
  const labels = left.map(({ label }) => label);
  return report(`left behind by the kernel tests:\n  ${labels.join("\n  ")}`, 1);
}

async function runInNamespace(
  files: readonly string[],
  options: readonly string[],
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "ts-ebpf-test-"));
  for (const name of ["bpf", "tracing"]) mkdirSync(join(folder, name));
  try {
    const prepared = ["sh", "-c", prepare, "sh", folder, ...command(files, options)];
    return await run(["unshare", ...namespace, ...prepared]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function command(files: readonly string[], options: readonly string[]): string[] {
  const leakCheck = new URL("leak-check.ts", import.meta.url).href;
  return testCommand(files, [
    `--import=${leakCheck}`,
    "--test-concurrency=1",
    `--test-timeout=${timeLimitMs()}`,
    ...options,
  ]);
}

/** Time for a test, on a machine where `EBPF_TEST_SLOWNESS` (guests set it) is not given; only a hanging test needs it. */
const usualTimeLimitMs = 240_000;

function timeLimitMs(): number {
  return usualTimeLimitMs * Number(process.env["EBPF_TEST_SLOWNESS"] ?? 1);
}

/** What the run left; the kernel frees things a little after the last hold on them is gone. */
async function waitForOrphans(
  kernel: Kernel,
  before: readonly Loaded[],
): Promise<readonly Loaded[]> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const left = orphans(before, listLoaded(kernel), heldByProcesses());
    if (left.length === 0 || Date.now() > deadline) return left;
    await wait(100);
  }
}

function report(message: string, status: number): number {
  (status === 0 ? console.log : console.error)(message);
  return status;
}

process.exitCode = await main(process.argv.slice(2));
