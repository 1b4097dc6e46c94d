/**
 * Compiling C: an installed clang run with what programs for the kernel need.
 *
 * clang gets the options every BPF project repeats, and `vmlinux.h` when it asks for one that is nowhere; the object comes
 * through a pipe, so that no file is written. What is in the object is not looked at here, and nothing is downloaded.
 * @module
 */
import { type ExecFileException, execFile } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { InvalidArgumentError } from "../base/errors.ts";
import { CompileError, type Diagnostic } from "../lang/compile-error.ts";
import { parseClangDiagnostics } from "./clang-diagnostics.ts";
import { findClang, install } from "./find-clang.ts";
import { defaultCacheFolder, vmlinuxHeader } from "./vmlinux-header.ts";

/** How C is compiled. */
export interface CompileCOptions {
  /** BTF that `vmlinux.h` is printed from. */
  readonly btf: () => Uint8Array;
  /** Version of the instruction set, 1 to 4; 3 when left out, which Linux 5.1 and later run. 4 needs clang 18. */
  readonly isaVersion?: 1 | 2 | 3 | 4 | undefined;
  /** Folders with headers, looked through in this order before those of the system. */
  readonly includes?: readonly string[] | undefined;
  /** Macros by name. */
  readonly defines?: Readonly<Record<string, string | number>> | undefined;
  /** Name or path of clang; the one on the path, or the newest `clang-NN`, when left out. */
  readonly clang?: string | undefined;
  /** Folder that generated headers are kept in; `ts-ebpf` in `$XDG_CACHE_HOME` when left out. */
  readonly cache?: string | undefined;
}

/** C that was compiled. */
export interface CompiledC {
  /** The object file: what `readObject` reads. */
  readonly object: Uint8Array;
  /** What clang warns of; not reasons to fail. */
  readonly warnings: readonly Diagnostic[];
}

/**
 * Compiles the C file at `path` with `-O2 -g` for BPF. `__TARGET_ARCH_x` is defined for this machine.
 * @throws {CompileError} with all that clang calls an error.
 * @throws {InvalidArgumentError} when there is no such file, or no clang.
 * @throws whatever `options.btf` throws, when the source includes `vmlinux.h` and has none of its own.
 */
export async function compileCFile(path: string, options: CompileCOptions): Promise<CompiledC> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() !== true) {
    const problem = found === undefined ? `there is no file ${path}` : `${path} is no file`;
    throw new InvalidArgumentError(problem, { hint: "give a file of C" });
  }
  const clang = options.clang ?? findClang();
  const first = await run(clang, argumentsFor(path, options, []));
  if (!lacksVmlinux.test(first.errors)) return resultOf(path, first);
  const header = vmlinuxHeader(options.btf(), options.cache ?? defaultCacheFolder());
  return resultOf(path, await run(clang, argumentsFor(path, options, [header])));
}

/** Includes are looked up before anything is compiled, so to find out this way costs milliseconds. */
const lacksVmlinux = /: fatal error: 'vmlinux\.h' file not found/;

function argumentsFor(
  path: string,
  { isaVersion = 3, includes = [], defines = {} }: CompileCOptions,
  generated: readonly string[],
): readonly string[] {
  const { define, headers } = machine();
  const folders = [...includes, ...generated].map((folder) => `-I${folder}`);
  return [
    ...fixedOptions,
    `-mcpu=v${isaVersion}`,
    ...folders,
    // This machine's headers; clang looks for those of BPF, which has none.
    ...(existsSync(headers) ? ["-idirafter", headers] : []),
    `-D__TARGET_ARCH_${define}`,
    ...Object.entries(defines).map(([name, value]) => `-D${name}=${value}`),
    path,
  ];
}

const fixedOptions: readonly string[] = [
  ..."-target bpf -O2 -g -Wall -x c -c -o -".split(" "),
  // A line for each thing that is said, which is all that is parsed.
  ..."-fno-caret-diagnostics -fno-color-diagnostics -fno-diagnostics-fixit-info".split(" "),
];

/** What libbpf's bpf_tracing.h calls this machine, and where Debian and its kin keep its headers. */
function machine(): { readonly define: string; readonly headers: string } {
  const { arch } = process;
  const [define, triple] = machines[arch] ?? [arch, arch];
  return { define, headers: `/usr/include/${triple}-linux-gnu` };
}

const machines: Readonly<Record<string, readonly [define: string, triple: string]>> = {
  x64: ["x86", "x86_64"],
  arm64: ["arm64", "aarch64"],
  ppc64: ["powerpc", "powerpc64le"],
  riscv64: ["riscv", "riscv64"],
  s390x: ["s390", "s390x"],
  loong64: ["loongarch", "loongarch64"],
};

/** What a run of clang came to. */
interface Run {
  readonly object: Uint8Array;
  readonly errors: string;
  readonly failed: ExecFileException | undefined;
}

/** More than any object or list of errors has. */
const mostOutput = 256 << 20;

function run(clang: string, options: readonly string[]): Promise<Run> {
  const { promise, resolve, reject } = Promise.withResolvers<Run>();
  const settings = { encoding: "buffer", maxBuffer: mostOutput } as const;
  execFile(clang, [...options], settings, (failed, object, errors) => {
    if (failed?.code === "ENOENT" || failed?.code === "EACCES") reject(notRunnable(clang, failed));
    else resolve({ object, errors: errors.toString(), failed: failed ?? undefined });
  });
  return promise;
}

function notRunnable(clang: string, cause: ExecFileException): InvalidArgumentError {
  return new InvalidArgumentError(`${clang} cannot be run`, { cause, hint: install });
}

/** @throws {CompileError} when clang failed. */
function resultOf(path: string, { object, errors: said, failed }: Run): CompiledC {
  const { errors, warnings } = parseClangDiagnostics(said, { file: path, textOf });
  if (failed === undefined) return { object, warnings };
  throw new CompileError(errors.length > 0 ? errors : [unexplained(path, said, failed)]);
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // A frame without its line is better than no error.
    return undefined;
  }
}

function unexplained(file: string, said: string, { code, signal }: ExecFileException): Diagnostic {
  const end = signal === undefined || signal === null ? `code ${code}` : signal;
  const message = `clang ended with ${end}: ${said.trim().slice(0, 2000)}`;
  return { file, line: 1, column: 1, message, hint: undefined, frame: "" };
}
