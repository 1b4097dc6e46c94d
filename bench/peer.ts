/**
 * Compiling the C side: `peer/NAME.c` to `build/NAME`, `peer/NAME.bpf.c` to `build/NAME.bpf.o`, and the peers of the
 * samples, `peer/samples/NAME.bpf.c`, to `build/NAME.sample.o`.
 *
 * What has been built is used again until any file of the folder is newer.
 * @module
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, renameSync, statSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { BenchmarkError } from "./error.ts";

const sourceFolder = join(import.meta.dirname, "peer");
const samplesFolder = join(sourceFolder, "samples");
const buildFolder = join(import.meta.dirname, "build");

/** Debian's folder of headers that differ between machines; clang does not look there when it compiles for BPF. */
const machineHeaders: readonly string[] =
  {
    x64: ["-I", "/usr/include/x86_64-linux-gnu"],
    arm64: ["-I", "/usr/include/aarch64-linux-gnu"],
  }[process.arch as "x64" | "arm64"] ?? [];

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
  const source = join(sourceFolder, `${name}.bpf.c`);
  return built(`${name}.bpf.o`, ["-O2", "-g", "-target", "bpf", ...machineHeaders, "-c", source]);
}

/**
 * The same for one that includes `vmlinux.h`, the types of the running kernel.
 * @throws {BenchmarkError} with the compiler's message.
 */
export function kernelObject(name: string): string {
  const source = join(sourceFolder, `${name}.bpf.c`);
  return built(`${name}.bpf.o`, kernelArguments(source));
}

/** Names of the samples that have a C peer. */
export function sampleNames(): string[] {
  const files = readdirSync(samplesFolder).filter((file) => file.endsWith(".bpf.c"));
  return files.map((file) => file.slice(0, -".bpf.c".length)).toSorted();
}

/**
 * Path of the BPF object of the C peer of a sample, compiled when needed.
 * @throws {BenchmarkError} with the compiler's message.
 */
export function sampleObject(name: string): string {
  return built(`${name}.sample.o`, sampleArguments(name), samplesFolder);
}

/** What clang is told to compile the C peer of a sample, but for where to put the object. */
export function sampleArguments(name: string): string[] {
  return kernelArguments(join(samplesFolder, `${name}.bpf.c`));
}

function kernelArguments(source: string): string[] {
  const machine = { x64: "x86", arm64: "arm64" }[process.arch as "x64" | "arm64"];
  const headers = ["-I", kernelHeaders(), ...machineHeaders, `-D__TARGET_ARCH_${machine}`];
  return ["-O2", "-g", "-mcpu=v3", "-target", "bpf", ...headers, "-c", source];
}

/** Path in the folder of what is built. */
export function buildPath(file: string): string {
  mkdirSync(buildFolder, { recursive: true });
  return join(buildFolder, file);
}

/**
 * The folder with `vmlinux.h` of the running kernel, written by bpftool when needed.
 * @throws {BenchmarkError} with its message.
 */
function kernelHeaders(): string {
  const folder = buildPath(release());
  const header = join(folder, "vmlinux.h");
  if (modifiedMs(header) > 0) return folder;
  mkdirSync(folder, { recursive: true });
  const dump = ["btf", "dump", "file", "/sys/kernel/btf/vmlinux", "format", "c"];
  const command = `bpftool ${dump.join(" ")} > "$1"`;
  const { status, stderr } = spawnSync("sh", ["-c", command, "sh", `${header}.new`], {
    encoding: "utf8",
  });
  if (status !== 0) throw new BenchmarkError(`cannot write vmlinux.h: ${stderr.trim()}`);
  renameSync(`${header}.new`, header);
  return folder;
}

function built(file: string, args: readonly string[], sources = sourceFolder): string {
  const output = buildPath(file);
  if (modifiedMs(output) > newestMs(sources)) return output;
  const { status, stderr, error } = spawnSync("clang", ["-o", output, ...args], {
    encoding: "utf8",
  });
  if (status === 0) return output;
  throw new BenchmarkError(`cannot compile peer ${file}: ${error?.message ?? stderr.trim()}`, {
    hint: "apt install clang libbpf-dev linux-libc-dev",
  });
}

function newestMs(folder: string): number {
  return Math.max(...readdirSync(folder).map((name) => modifiedMs(join(folder, name))));
}

function modifiedMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
