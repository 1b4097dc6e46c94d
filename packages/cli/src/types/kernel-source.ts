/**
 * Where the types come from: the running kernel, or a file.
 * @module
 */
import { readFileSync } from "node:fs";
import { release } from "node:os";
import { basename } from "node:path";
import { InvalidArgumentError, NotSupportedError } from "ts-ebpf";
import { type Btf, parseBtf } from "ts-ebpf/btf";

/** BTF, and what it is of: `Linux 6.18.5`, or the name of the file. */
export interface KernelSource {
  readonly btf: Btf;
  readonly of: string;
}

const running = "/sys/kernel/btf/vmlinux";

/**
 * The BTF in `file`, or that of the running kernel. Everybody may read it. `parse` is that of the copy of the library
 * that will use it.
 * @throws {NotSupportedError} when the kernel has none.
 * @throws {InvalidArgumentError} when `file` is an object file instead of BTF.
 * @throws {MalformedError} when it is not BTF either.
 */
export function readKernel(
  file: string | undefined,
  parse: typeof parseBtf = parseBtf,
): KernelSource {
  if (file !== undefined) return { btf: parseFile(file, parse), of: basename(file) };
  return { btf: parse(readRunning(), { path: "vmlinux" }), of: `Linux ${release()}` };
}

function readRunning(): Uint8Array {
  try {
    return readFileSync(running);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw new NotSupportedError(`describing its types: there is no ${running}`, {
      cause,
      hint: "it is built without CONFIG_DEBUG_INFO_BTF; give the BTF of another kernel with --btf",
    });
  }
}

function parseFile(file: string, parse: typeof parseBtf): Btf {
  const bytes = readFileSync(file);
  if (bytes.subarray(0, 4).equals(elfMagic)) {
    throw new InvalidArgumentError(`${file} is an ELF file, which may have BTF in it`, {
      hint: `take it out: llvm-objcopy --dump-section .BTF=types.btf ${file}`,
    });
  }
  return parse(bytes, { path: basename(file) });
}

const elfMagic = Buffer.from("\x7fELF", "latin1");
