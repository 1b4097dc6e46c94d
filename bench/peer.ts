/**
 * Compiling the C side: `peer/NAME.c` to `build/NAME`, and `peer/NAME.bpf.c` to `build/NAME.bpf.o`.
 *
 * What has been built is used again until any file of the folder is newer.
 * @module
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { BenchmarkError } from "./error.ts";

const sourceFolder = join(import.meta.dirname, "peer");
const buildFolder = join(import.meta.dirname, "build");

/** Debian's folder of headers that differ between machines; clang does not look there when it compiles for BPF. */
const machineHeaders = {
  x64: "/usr/include/x86_64-linux-gnu",
  arm64: "/usr/include/aarch64-linux-gnu",
}[process.arch as "x64" | "arm64"];

/**
 * Path of the peer program `name`, compiled when needed.
 * @throws {BenchmarkError} with the compiler's message.
 */
export function peerProgram(name: string): string {
  return built(name, ["-O2", "-Wall", "-Wextra", join(sourceFolder, `${name}.c`), "-lbpf"]);
}

/**
 * Path of the BPF object `name`, compiled when needed.
 * @throws {BenchmarkError} with the compiler's message.
 */
export function peerObject(name: string): string {
  const headers = machineHeaders === undefined ? [] : ["-I", machineHeaders];
  const source = join(sourceFolder, `${name}.bpf.c`);
  return built(`${name}.bpf.o`, ["-O2", "-g", "-target", "bpf", ...headers, "-c", source]);
}

function built(file: string, args: readonly string[]): string {
  const output = join(buildFolder, file);
  if (modifiedMs(output) > newestSourceMs()) return output;
  mkdirSync(buildFolder, { recursive: true });
  const { status, stderr, error } = spawnSync("clang", ["-o", output, ...args], {
    encoding: "utf8",
  });
  if (status === 0) return output;
  throw new BenchmarkError(`cannot compile peer ${file}: ${error?.message ?? stderr.trim()}`, {
    hint: "apt install clang libbpf-dev linux-libc-dev",
  });
}

function newestSourceMs(): number {
  const files = readdirSync(sourceFolder);
  return Math.max(...files.map((name) => modifiedMs(join(sourceFolder, name))));
}

function modifiedMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
