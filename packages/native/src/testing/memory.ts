/**
 * What a test needs to look at memory: page size, files to map, and which mappings of them there are.
 * @module
 */
import {
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeSync,
  closeSync,
  ftruncateSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadBridge } from "../load.ts";
import { errno, mmap } from "./kernel-words.ts";

/** A file of zeros that is removed with everything in its folder. */
export class ScratchFile implements Disposable {
  readonly path: string;
  readonly fd: number;
  readonly #folder: string;

  constructor(size: number) {
    this.#folder = mkdtempSync(join(tmpdir(), "ts-ebpf-"));
    this.path = join(this.#folder, "memory");
    this.fd = openSync(this.path, "w+");
    ftruncateSync(this.fd, size);
  }

  /** Writes `bytes` at `offset`; whoever has mapped the file sees them. */
  write(offset: number, bytes: Uint8Array): void {
    writeSync(this.fd, bytes, 0, bytes.length, offset);
  }

  /** How many mappings of the file this process has. */
  mappings(): number {
    const lines = readFileSync("/proc/self/maps", "utf8").split("\n");
    return lines.filter((line) => line.includes(this.path)).length;
  }

  /** How many descriptors of the file this process has, its own one included. */
  descriptors(): number {
    const folder = "/proc/self/fd";
    // The one of the folder itself is listed and gone by now, as may be what other threads had.
    return readdirSync(folder).filter((name) => targetOf(join(folder, name)) === this.path).length;
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
    rmSync(this.#folder, { recursive: true });
  }
}

function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}

/** Bytes in a page: only at multiples of it can a file be mapped. */
export function pageSize(): number {
  using file = new ScratchFile(1);
  const bridge = loadBridge();
  let size = 4096;
  for (;;) {
    const memory = bridge.map(file.fd, 1, mmap.read, mmap.shared, size);
    if (typeof memory !== "number") bridge.unmap(memory);
    if (memory !== -errno.EINVAL) return size;
    size *= 2;
  }
}

/** Bytes of address space this process has mapped. */
export function mappedBytes(): number {
  const line = /^VmSize:\s*(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
  return Number(line?.[1]) * 1024;
}
