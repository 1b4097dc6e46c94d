/**
 * The checksum of the Internet protocols: sums of 16-bit words, with the carry added at the low end (RFC 1071).
 *
 * Words are taken in the machine's order, as the kernel does; the sum comes out in the same order.
 * @module
 */
import { littleEndian } from "../base/bytes.ts";

/** Sum of `after` and `seed` less the sum of `before`, as 16 bits: what `bpf_csum_diff` returns since Linux 6.13. */
export function checksumDifference(
  before: Uint8Array | undefined,
  after: Uint8Array | undefined,
  seed: number,
): number {
  const removed = before === undefined ? 0 : ~sumOf(before) & 0xffff;
  const added = after === undefined ? 0 : sumOf(after);
  return fold((before === undefined ? 0 : removed) + added + fold(seed >>> 0));
}

/**
 * Brings a checksum up to date after a field of `size` bytes changed from `from` to `to` (RFC 1624). With size 0 `to` is
 * the difference itself.
 */
export function replaceChecksum(checksum: DataView, from: bigint, to: bigint, size: number): void {
  const old = checksum.getUint16(0, littleEndian);
  const difference =
    size === 0
      ? fold(Number(to & 0xffff_ffffn))
      : (~fold(part(from, size)) & 0xffff) + fold(part(to, size));
  checksum.setUint16(0, ~fold((~old & 0xffff) + difference) & 0xffff, littleEndian);
}

function part(value: bigint, size: number): number {
  return Number(BigInt.asUintN(8 * size, value));
}

function sumOf(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let sum = 0;
  for (let at = 0; at + 2 <= bytes.length; at += 2) sum += view.getUint16(at, littleEndian);
  return fold(sum);
}

/** The sum with its carries added, as 16 bits. */
function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x1_0000) + Math.floor(folded / 0x1_0000);
  return folded;
}
