/**
 * Helpers on checksums of the Internet protocols (net/core/filter.c); how they are made says `helper/checksum.ts`.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import { checksumDifference, replaceChecksum } from "../../helper/checksum.ts";
import { isAtLeast } from "../../kernel/feature.ts";
import { errno } from "../../kernel/errno.ts";
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import type { Machine } from "../vm/machine.ts";
import { type HelperGroup, readable, u32Of, u64Of } from "./context.ts";

/** The size of the field that changed stands in the low bits of the flags, and whether 0 means that there is no sum. */
const sizeMask = 0xfn;
const mangledZero = 0x20n;
const mangleEnforced = 0x40n;
/** These, and BPF_F_PSEUDO_HDR and BPF_F_IPV6. */
const restOfL4 = 0xf0n;

function replace(machine: Machine, { packet }: Core, layer: 3 | 4): number {
  const [offset, from, to, flags] = [
    u32Of(machine, 2),
    u64Of(machine, 3),
    u64Of(machine, 4),
    u64Of(machine, 5),
  ];
  const size = Number(flags & sizeMask);
  const known = layer === 3 ? sizeMask : sizeMask | restOfL4;
  if ((flags & ~known) !== 0n) return failed.invalid;
  if (offset + 2 > packet.length || offset % 2 !== 0) return failed.fault;
  if (size !== 0 && size !== 2 && size !== 4) return failed.invalid;
  if (size === 0 && from !== 0n) return failed.invalid;
  const view = viewOf(packet.bytes().subarray(offset, offset + 2));
  const old = view.getUint16(0, true);
  const hasNoSum = old === 0 && (flags & mangledZero) !== 0n && (flags & mangleEnforced) === 0n;
  if (layer === 4 && hasNoSum) return 0;
  replaceChecksum(view, from, to, size);
  const isMangled = layer === 4 && view.getUint16(0, true) === 0 && (flags & mangledZero) !== 0n;
  if (isMangled) view.setUint16(0, 0xffff, true);
  return 0;
}

/** Checksums. */
export const checksumHelpers: HelperGroup = {
  l3_csum_replace: (machine, kernel) => replace(machine, kernel, 3),
  l4_csum_replace: (machine, kernel) => replace(machine, kernel, 4),
  csum_diff: (machine, { version }) => {
    const [fromLength, toLength] = [u32Of(machine, 2), u32Of(machine, 4)];
    if (((fromLength | toLength) & 3) !== 0) return failed.invalid;
    const from = fromLength === 0 ? undefined : readable(machine, 1, fromLength);
    const to = toLength === 0 ? undefined : readable(machine, 3, toLength);
    const seed = u32Of(machine, 5);
    // Since 6.13 the sum comes folded to 16 bits on all machines.
    if (isAtLeast(version, [6, 13])) return checksumDifference(from, to, seed);
    return longDifference(from, to, seed);
  },
  csum_update: () => failed.notSupported,
  // No packet has a checksum that somebody has looked at: asking for its level is -EACCES.
  csum_level: (machine) => {
    const wanted = u64Of(machine, 2);
    if (wanted > 3n) return failed.invalid;
    return wanted === 0n ? -errno.EACCES : 0;
  },
};

/** The sum of 32-bit words, not folded any further. */
function longDifference(
  from: Uint8Array | undefined,
  to: Uint8Array | undefined,
  seed: number,
): bigint {
  let sum = BigInt(seed);
  for (const word of wordsOf(from)) sum += BigInt(~word >>> 0);
  for (const word of wordsOf(to)) sum += BigInt(word);
  while (sum >> 32n !== 0n) sum = (sum & 0xffff_ffffn) + (sum >> 32n);
  return sum;
}

function* wordsOf(bytes: Uint8Array | undefined): Generator<number, void> {
  if (bytes === undefined) return;
  const view = viewOf(bytes);
  for (let at = 0; at < bytes.length; at += 4) yield view.getUint32(at, true);
}
