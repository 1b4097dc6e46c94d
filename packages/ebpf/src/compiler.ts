/**
 * The compiler, for tools: files with kernel programs to instructions and object files.
 *
 * `load` of the main entry point compiles what it loads; this is for those who want to look at what comes out, or to
 * keep it. The commands `ts-ebpf run`, `build` and `dump` are made of it. Unstable: may change in any release.
 * @module
 */
import { assertText } from "./base/arguments.ts";
import {
  type CompileCOptions as CompileCFileOptions,
  type CompiledC,
  compileCFile,
} from "./compile-c/compile-c.ts";
import type { Kernel } from "./kernel/kernel.ts";
import { openNativeKernel } from "./sys/native-kernel.ts";

export type { CompiledC } from "./compile-c/compile-c.ts";
export { captureFunction } from "./capture/capture.ts";
export { CaptureError } from "./capture/capture-error.ts";
export { type Exports, importModule } from "./capture/import-module.ts";
export {
  compileCollection,
  type CompiledCollection,
  type CompileTarget,
} from "./collection/compile-collection.ts";
export { helperSymbol } from "./helper/helper-id.ts";
export { CompileError, type Diagnostic, formatDiagnostic } from "./lang/compile-error.ts";
export type { CompiledProgram } from "./lang/compile-program.ts";
export { writeObject, type WriteObjectOptions } from "./object/write.ts";

/** Options of {@link compileC}. */
export interface CompileCOptions extends Omit<CompileCFileOptions, "btf"> {
  /** BTF of the kernel that `vmlinux.h` is of; that of `kernel` when left out. */
  readonly btf?: Uint8Array | undefined;
  /** The kernel whose BTF is read; the running one when left out. */
  readonly kernel?: Kernel | undefined;
}

/**
 * Compiles the C file at `path` with an installed clang to the bytes of an object file: `-O2 -g -Wall` for BPF, with
 * `__TARGET_ARCH_x` of this machine and, where the source includes a `vmlinux.h` and has none, one that is printed from the
 * kernel's BTF and kept in the cache. Needs no privileges.
 * @throws {CompileError} with all that clang calls an error, as for programs in TypeScript.
 * @throws {InvalidArgumentError} when there is no such file, or no clang, with what to install.
 * @throws {NotSupportedError} when `vmlinux.h` is needed and the kernel has no BTF.
 */
export async function compileC(
  path: string,
  { btf, kernel, ...options }: CompileCOptions = {},
): Promise<CompiledC> {
  assertText(path, "the path of the source");
  const read = (): Uint8Array => btf ?? (kernel ?? openNativeKernel()).readBtf("vmlinux");
  return compileCFile(path, { ...options, btf: read });
}
