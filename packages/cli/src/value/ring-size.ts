/**
 * Sizes of ring buffers as people write them: `65536`, `256K`, `1M`.
 * @module
 */
import { InvalidArgumentError } from "commander";
import { formatByteSize, unitBytes } from "./byte-size.ts";

/** A page, and what keeps positions in the buffer apart in 32 bits. */
const leastBytes = 4096;
const mostBytes = 2 ** 30;

/**
 * Bytes of a size such as `65536`, `256K`, `1M` or `1MiB`.
 * @throws {InvalidArgumentError} of commander, when it is not a power of two from 4K to 1G; it names the next one that is.
 */
export function parseRingSize(text: string): number {
  const match = /^(\d+)([KMG]?)(?:i?B)?$/i.exec(text);
  if (match === null) {
    throw new InvalidArgumentError("Write a size such as 65536, 256K or 1M.");
  }
  const bytes = Number(match[1]) * unitBytes[match[2]!.toUpperCase() as keyof typeof unitBytes];
  if (bytes < leastBytes) throw new InvalidArgumentError("It must be at least 4K.");
  if (bytes > mostBytes) throw new InvalidArgumentError("It must be at most 1G.");
  const next = 2 ** Math.ceil(Math.log2(bytes));
  if (next === bytes) return bytes;
  throw new InvalidArgumentError(`It must be a power of two; the next is ${formatByteSize(next)}.`);
}
