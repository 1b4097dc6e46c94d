/**
 * Helpers on checksums of the Internet protocols (net/core/filter.c): sums of 16-bit words, with the carry added at the low
 * end (RFC 1071), brought up to date where a field changes (RFC 1624).
 *
 * Words are taken in the machine's order, as the kernel does; the sum comes out in the same order.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import { isAtLeast } from "../../kernel/feature.ts";
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import type { Machine } from "../vm/machine.ts";
import { type HelperGroup, readable, u32Of, u64Of } from "./context.ts";

/** The size of the field that changed stands in the low bits of the flags, and whether 0 means that there is no sum. */
const sizeMask = 0xfn;
const mangledZero = 0x20n;
const mangleEnforced = 0x40n;

/** The sum with its carries added, as 16 bits. */
function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x1_0000) + Math.floor(folded / 0x1_0000);
  return folded;
}

function part(value: bigint, size: number): number {
  return Number(BigInt.asUintN(8 * size, value));
}

function replace(machine: Machine, { packet }: Core, layer: 3 | 4): number {
  const [offset, from, to, flags] = [
    u32Of(machine, 2),
    u64Of(machine, 3),
    u64Of(machine, 4),
    u64Of(machine, 5),
  ];
  const size = Number(flags & sizeMask);
  if (offset + 2 > packet.length || offset % 2 !== 0) return failed.fault;
  if (size !== 0 && size !== 2 && size !== 4) return failed.invalid;
  const view = viewOf(packet.bytes().subarray(offset, offset + 2));
  const old = view.getUint16(0, true);
  const hasNoSum = old === 0 && (flags & mangledZero) !== 0n && (flags & mangleEnforced) === 0n;
  if (layer === 4 && hasNoSum) return 0;
  const difference =
    size === 0 ? fold(part(to, 4)) : (~fold(part(from, size)) & 0xffff) + fold(part(to, size));
  const sum = ~fold((~old & 0xffff) + difference) & 0xffff;
  const isMangled = layer === 4 && sum === 0 && (flags & mangledZero) !== 0n;
  view.setUint16(0, isMangled ? 0xffff : sum, true);
  return 0;
}

/** Checksums. */
export const checksumHelpers: HelperGroup = {
  l3_csum_replace: (machine, kernel) => replace(machine, kernel, 3),
  l4_csum_replace: (machine, kernel) => replace(machine, kernel, 4),
  csum_diff: (machine, { version }) => {
    const [fromLength, toLength] = [u32Of(machine, 2), u32Of(machine, 4)];
    if (((fromLength | toLength) & 3) !== 0) return failed.invalid;
    let sum = BigInt(u32Of(machine, 5));
    if (fromLength > 0)
      for (const word of wordsOf(readable(machine, 1, fromLength))) sum += BigInt(~word >>> 0);
    if (toLength > 0)
      for (const word of wordsOf(readable(machine, 3, toLength))) sum += BigInt(word);
    while (sum >> 32n !== 0n) sum = (sum & 0xffff_ffffn) + (sum >> 32n);
    // Since 6.13 the sum comes folded to 16 bits on all machines.
    return isAtLeast(version, [6, 13]) ? BigInt(fold(Number(sum))) : sum;
  },
  csum_update: () => failed.notSupported,
  csum_level: () => 0,
};

function* wordsOf(bytes: Uint8Array): Generator<number, void> {
  const view = viewOf(bytes);
  for (let at = 0; at < bytes.length; at += 4) yield view.getUint32(at, true);
}
