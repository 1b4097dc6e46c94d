/**
 * Where the types come from: the running kernel, or a file.
 * @module
 */
import { readFileSync } from "node:fs";
import { release } from "node:os";
import { basename } from "node:path";
import { NotSupportedError } from "ts-ebpf";
import { type Btf, parseBtf } from "ts-ebpf/btf";
import { btfBytesIn } from "../btf/source.ts";
import { fileError } from "../file/file-error.ts";

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
 * @throws {InvalidArgumentError} when there is no such file, or it has no types.
 * @throws {MalformedError} when it is not BTF either.
 */
export function readKernel(
  file: string | undefined,
  parse: typeof parseBtf = parseBtf,
): KernelSource {
  if (file !== undefined)
    return { btf: parse(btfBytesIn(file), { path: basename(file) }), of: basename(file) };
  return { btf: parse(readRunning(), { path: "vmlinux" }), of: `Linux ${release()}` };
}

function readRunning(): Uint8Array {
  try {
    return readFileSync(running);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") {
      throw fileError(cause, { action: "read", path: running });
    }
    throw new NotSupportedError(`describing its types: there is no ${running}`, {
      cause,
      hint: "it is built without CONFIG_DEBUG_INFO_BTF; give the BTF of another kernel with --btf",
    });
  }
}
