/**
 * Packets into a capture file: pcap, little endian, with nanoseconds, of Ethernet.
 *
 * Packets are gathered and written in pieces. What is there already is written over when the first piece is.
 * @module
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { fileError } from "../file/file-error.ts";

/** A file that packets are written to. */
export class CaptureWriter implements Disposable {
  readonly #descriptor: number;
  readonly #buffer = Buffer.alloc(1 << 20);
  #length = 24;
  packets = 0;

  /** @throws {InvalidArgumentError} when the file cannot be written. */
  constructor(path: string) {
    this.#descriptor = openToWrite(path);
    const header = [magic, 2 | (4 << 16), 0, 0, longest, ethernet];
    for (const [index, word] of header.entries()) this.#buffer.writeUInt32LE(word, index * 4);
  }

  /** Adds a packet. */
  write(bytes: Uint8Array, timeNs: bigint): void {
    const needed = 16 + bytes.length;
    if (this.#length + needed > this.#buffer.length) this.#flush();
    const header = [
      Number(timeNs / second) >>> 0,
      Number(timeNs % second),
      bytes.length,
      bytes.length,
    ];
    const fits = needed <= this.#buffer.length;
    const into = fits ? this.#buffer : Buffer.alloc(needed);
    const at = fits ? this.#length : 0;
    for (const [index, word] of header.entries()) into.writeUInt32LE(word, at + index * 4);
    into.set(bytes, at + 16);
    if (fits) this.#length += needed;
    else writeAll(this.#descriptor, into);
    this.packets += 1;
  }

  [Symbol.dispose](): void {
    this.#flush();
    closeSync(this.#descriptor);
  }

  #flush(): void {
    writeAll(this.#descriptor, this.#buffer.subarray(0, this.#length));
    this.#length = 0;
  }
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
}

const magic = 0xa1b23c4d;
const longest = 262_144;
const ethernet = 1;
const second = 1_000_000_000n;

function openToWrite(path: string): number {
  try {
    return openSync(path, "w");
  } catch (error) {
    throw fileError(error, { action: "write", path });
  }
}
