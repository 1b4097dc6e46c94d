/**
 * What USDT probes there are in a program or library.
 * @module
 */
import { readElf } from "../elf/read.ts";
import { readUsdtProbes, type UsdtProbe } from "../elf/usdt.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { libraryPath } from "./library-path.ts";

/**
 * All sites of USDT probes in a file, a path or the name of a library or program. A probe may be there more than once.
 * Needs no privileges but to read the file.
 * @throws {InvalidArgumentError} when there is no such library; {@link NotFoundError} when there is no such file.
 * @throws {MalformedError} when it is no ELF file, or a note in it is damaged.
 */
export function usdtProbesIn(kernel: Kernel, path: string): readonly UsdtProbe[] {
  const found = libraryPath(kernel, { path });
  return readUsdtProbes(readElf(kernel.readFile(found), found));
}
