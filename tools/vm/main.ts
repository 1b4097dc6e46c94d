/**
 * Runs the kernel tests on other kernels: `npm run test:vm -- 5.10 6.12 --file verifier`.
 *
 * Each kernel is fetched from the Debian archive, booted under emulation on this machine's files, and given the same
 * tests as `npm run test:kernel`. `--exec COMMAND…` runs something else instead. What became of each test is kept in a
 * folder, for each kernel; `--table` makes the document of it.
 * @module
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../test/node.ts";
import type { TestResult } from "../test/results.ts";
import { runInGuest, type GuestEnd } from "./guest.ts";
import { cacheFolder, makeImage } from "./kernel-image.ts";
import { kernelTable, tablePath } from "./kernel-table.ts";
import { loadResults, storeResults, summaryLines } from "./kernel-results.ts";
import { fetchKernel, isKernelName, releases, type KernelName } from "./kernels.ts";
import { fetchEmulator, fetchGuestTools } from "./qemu.ts";

const usage = `usage: npm run test:vm -- [KERNEL…] [--file PATTERN]… [--promise CAPABILITY,…]
                           [--deadline SECONDS] [--results FOLDER] [--table] [--exec COMMAND…]
kernels: ${Object.keys(releases).join(" ")}; all of them when none is named
--results  where to keep what became of each test (default: in the cache)
--table    write ${tablePath} from what is kept; runs nothing when no kernel is named`;

const usualDeadlineS = 1800;

async function main(words: readonly string[]): Promise<number> {
  const exec = words.indexOf("--exec");
  const { values, positionals } = parseArgs({
    args: exec === -1 ? [...words] : words.slice(0, exec),
    options: {
      file: { type: "string", multiple: true, default: [] },
      promise: { type: "string", default: "" },
      deadline: { type: "string", default: String(usualDeadlineS) },
      results: { type: "string", default: join(cacheFolder(), "results") },
      table: { type: "boolean", default: false },
      help: { type: "boolean", short: "h" },
    },
    allowPositionals: true,
  });
  const unknown = positionals.find((name) => !isKernelName(name));
  if (unknown !== undefined || values.help === true) {
    console.error(unknown === undefined ? usage : `there is no kernel ${unknown}\n${usage}`);
    return unknown === undefined ? 0 : 2;
  }
  const named = positionals.length > 0 || values.table ? positionals : Object.keys(releases);
  const kernels = named as KernelName[];
  const command = exec === -1 ? testCommand(values.file) : words.slice(exec + 1);
  const deadlineMs = Number(values.deadline) * 1000;
  const failed: string[] = [];
  for (const kernel of kernels) {
    const end = await runOn(kernel, {
      command,
      promises: `root,bpf,${values.promise}`,
      deadlineMs,
    });
    console.log(`\n===== Linux ${kernel}: ${describe(end)}`);
    if (end.kind === "exit") keep(kernel, end.results, values.results);
    if (end.kind !== "exit" || end.code !== 0) failed.push(kernel);
  }
  if (values.table) writeTable(values.results);
  if (failed.length > 0) console.error(`failed on ${failed.join(", ")}`);
  return failed.length === 0 ? 0 : 1;
}

function keep(kernel: KernelName, results: readonly TestResult[], folder: string): void {
  if (results.length === 0) return;
  for (const line of summaryLines(results)) console.log(line);
  storeResults(folder, { kernel, results });
}

function writeTable(folder: string): void {
  const all = Object.keys(releases).map((kernel) => loadResults(folder, kernel));
  writeFileSync(join(root, tablePath), kernelTable(all));
  execFileSync(join(root, "node_modules/.bin/oxfmt"), [tablePath], { cwd: root });
  console.log(`wrote ${tablePath}`);
}

function testCommand(patterns: readonly string[]): readonly string[] {
  return [process.execPath, "--conditions=@ts-ebpf/source", "tools/test/kernel.ts", ...patterns];
}

interface Work {
  readonly command: readonly string[];
  /** What tests may not skip for the lack of, as `EBPF_TEST_PROMISES` says it. */
  readonly promises: string;
  readonly deadlineMs: number;
}

async function runOn(
  kernel: KernelName,
  { command, promises, deadlineMs }: Work,
): Promise<GuestEnd> {
  console.log(`\n===== Linux ${kernel}`);
  const cache = cacheFolder();
  const emulator = fetchEmulator(cache);
  const tools = fetchGuestTools(cache);
  const image = makeImage(fetchKernel(kernel, cache), tools);
  return runInGuest(
    { image, emulator, tools },
    {
      command,
      folder: root,
      environment: { EBPF_TEST_PROMISES: promises, EBPF_TEST_SLOWNESS: "10", NO_COLOR: "1" },
      deadlineMs,
      onOutput: (text) => process.stdout.write(text),
    },
  );
}

function describe(end: GuestEnd): string {
  if (end.kind === "exit") return end.code === 0 ? "all passed" : `exit code ${end.code}`;
  const what = end.kind === "timeout" ? "not done in time" : "the guest died";
  return `${what}; its console ended with\n${end.console}`;
}

process.exitCode = await main(process.argv.slice(2));
