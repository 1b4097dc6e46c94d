/**
 * `vmlinux.h`, printed from BTF once and kept.
 *
 * The file is found by the hash of the BTF it was printed from, so each kernel has its own and none is ever out of date. It
 * appears under its name only when it is whole, by renaming: two who print the same one at once do not disturb each other.
 * Old ones are not removed; whoever wants the space may remove the folder at any time.
 * @module
 */
import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { InvalidArgumentError } from "../base/errors.ts";
import { parseBtf } from "../btf/btf.ts";
import { printC } from "../btf/print/c.ts";

/** Goes up when `printC` prints something else for the same BTF. */
const printerRevision = 2;

/** Where headers are kept: `ts-ebpf` in `$XDG_CACHE_HOME`, which is `~/.cache` when it is not set. */
export function defaultCacheFolder(): string {
  const { XDG_CACHE_HOME: set = "" } = process.env;
  return join(set === "" ? join(homedir(), ".cache") : set, "ts-ebpf");
}

/**
 * A folder that holds `vmlinux.h` for the kernel whose BTF is `bytes`, below `cache`.
 * @throws {MalformedError} when the BTF is damaged.
 * @throws {InvalidArgumentError} when the folder cannot be written.
 */
export function vmlinuxHeader(bytes: Uint8Array, cache: string): string {
  const hash = createHash("sha256").update(`${printerRevision}\n`).update(bytes).digest("hex");
  const folder = join(cache, "vmlinux", hash.slice(0, 32));
  const file = join(folder, "vmlinux.h");
  if (!existsSync(file)) keep(file, printC(parseBtf(bytes, { path: "vmlinux" })), folder);
  return folder;
}

function keep(file: string, text: string, folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    appear(file, text);
  } catch (cause) {
    throw new InvalidArgumentError(`vmlinux.h cannot be kept in ${folder}`, {
      cause,
      hint: "name a folder that can be written: XDG_CACHE_HOME, or the option cache",
    });
  }
}

function appear(file: string, text: string): void {
  const beside = `${file}.${randomUUID()}.tmp`;
  try {
    writeFileSync(beside, text);
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}
