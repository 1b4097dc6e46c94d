/**
 * Checksums of the Internet protocols (RFC 1071), for whole packets.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";

/** The checksum over the parts, one behind the other; each but the last has an even number of bytes. */
export function internetChecksum(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    const view = viewOf(part);
    for (let offset = 0; offset + 1 < part.length; offset += 2) sum += view.getUint16(offset);
    if (part.length % 2 === 1) sum += part.at(-1)! << 8;
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return ~sum & 0xffff;
}
