/**
 * What `build` and `dump` compile for: a kernel, by its types and version, or any.
 * @module
 */
import { existsSync } from "node:fs";
import { release } from "node:os";
import type { CompileTarget } from "ts-ebpf/compiler";
import { kernelVersionOf } from "../value/kernel-version.ts";
import { readKernel } from "../types/kernel-source.ts";
import type { IsaVersion } from "../value/isa-version.ts";
import type { Library } from "./library.ts";

/** Options that say what to compile for. */
export interface TargetOptions {
  /** File with BTF; that of the running kernel when left out. */
  readonly btf?: string;
  readonly isa?: IsaVersion;
  /** As `major * 1000 + minor`. */
  readonly kernel?: number;
}

const running = "/sys/kernel/btf/vmlinux";

/**
 * The target that `options` say; what they leave out is the running kernel's. Programs that need no types compile on
 * kernels that have none.
 * @throws {MalformedError} when the file is no BTF.
 */
export function compileTarget(options: TargetOptions, library: Library): CompileTarget {
  const { btf, isa, kernel = kernelVersionOf(release()) } = options;
  const known = btf !== undefined || existsSync(running);
  return {
    btf: known ? readKernel(btf, library.btf.parseBtf).btf : undefined,
    ...(isa === undefined ? {} : { isaVersion: isa }),
    kernelVersion: kernel,
  };
}
