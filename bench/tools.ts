/**
 * What benchmarks need of the machine: the peers, what compiles them, and privileges.
 *
 * A missing peer is an error and never a skip: a figure without its peer means nothing.
 * @module
 */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { BenchmarkError } from "./error.ts";

/** Something that must be there. */
export type Tool = "root" | "clang" | "libbpf" | "bpftrace" | "unshare" | "bpftool" | "ip";

/** A way to find out, and what to say when it is not there. */
interface Requirement {
  readonly present: () => boolean;
  readonly missing: string;
  readonly hint: string;
}

const requirements: { readonly [Name in Tool]: Requirement } = {
  root: {
    present: () => process.geteuid?.() === 0,
    missing: "benchmarks load programs into the kernel, which this user may not",
    hint: "run them as root: sudo npm run bench",
  },
  clang: {
    present: () => isProgram("clang"),
    missing: "clang, which compiles the C peers, is not installed",
    hint: "install it: apt install clang",
  },
  libbpf: {
    present: () => isReadable("/usr/include/bpf/libbpf.h"),
    missing: "libbpf, which the C peers use, is not installed",
    hint: "install it with its headers: apt install libbpf-dev",
  },
  bpftrace: {
    present: () => isProgram("bpftrace"),
    missing: "bpftrace, the peer of start-up, is not installed",
    hint: "install it: apt install bpftrace",
  },
  bpftool: {
    present: () => isProgram("bpftool"),
    missing: "bpftool, which writes the kernel's types for the C peers, is not installed",
    hint: "install it: apt install bpftool",
  },
  ip: {
    present: () => isProgram("ip"),
    missing: "ip, which makes network interfaces to measure over, is not installed",
    hint: "install it: apt install iproute2",
  },
  unshare: {
    present: () => isProgram("unshare"),
    missing: "unshare, which gives programs mounts or a network of their own, is not installed",
    hint: "install it: apt install util-linux",
  },
};

/** @throws {BenchmarkError} for the first of `tools` that is not there, saying what to install. */
export function assertTools(tools: Iterable<Tool>): void {
  for (const tool of tools) {
    const { present, missing, hint } = requirements[tool];
    if (!present()) throw new BenchmarkError(missing, { hint });
  }
}

function isProgram(name: string): boolean {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.some((folder) => isAccessible(join(folder, name), constants.X_OK));
}

function isReadable(path: string): boolean {
  return isAccessible(path, constants.R_OK);
}

function isAccessible(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
