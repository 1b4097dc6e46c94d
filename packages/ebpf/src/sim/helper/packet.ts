/**
 * Helpers on packets: net/core/filter.c.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import { failed } from "../errno.ts";
import { type HelperGroup, readable, s32Of, u32Of, u64Of, writable } from "./context.ts";

/** Verdicts that send a packet elsewhere: XDP_REDIRECT and TC_ACT_REDIRECT. */
const redirects = { xdp: 4, tc: 7 } as const;

/** Packet helpers. `isXdp` tells which verdict sends packets elsewhere. */
export const packetHelpers = (isXdp: () => boolean): HelperGroup => ({
  xdp_adjust_head: (machine, { packet }) =>
    packet.moveStart(s32Of(machine, 2)) ? 0 : failed.invalid,
  xdp_adjust_tail: (machine, { packet }) =>
    packet.moveEnd(s32Of(machine, 2)) ? 0 : failed.invalid,
  xdp_adjust_meta: (machine, { packet }) =>
    packet.moveMeta(s32Of(machine, 2)) ? 0 : failed.invalid,
  xdp_get_buff_len: (_, { packet }) => packet.length,
  skb_load_bytes: (machine, { packet }) => {
    const [offset, length] = [u32Of(machine, 2), u32Of(machine, 4)];
    const target = writable(machine, 3, length);
    if (offset + length > packet.length) {
      target.fill(0);
      return failed.fault;
    }
    target.set(packet.bytes().subarray(offset, offset + length));
    return 0;
  },
  skb_store_bytes: (machine, { packet }) => {
    const [offset, length] = [u32Of(machine, 2), u32Of(machine, 4)];
    if ((u64Of(machine, 5) & ~3n) !== 0n) return failed.invalid;
    if (offset + length > packet.length) return failed.fault;
    packet.bytes().set(readable(machine, 3, length), offset);
    return 0;
  },
  skb_pull_data: () => 0,
  csum_diff: (machine) => {
    const [fromLength, toLength] = [u32Of(machine, 2), u32Of(machine, 4)];
    if (((fromLength | toLength) & 3) !== 0) return failed.invalid;
    let sum = BigInt(u32Of(machine, 5));
    if (fromLength > 0)
      for (const word of wordsOf(readable(machine, 1, fromLength))) sum += BigInt(~word >>> 0);
    if (toLength > 0)
      for (const word of wordsOf(readable(machine, 3, toLength))) sum += BigInt(word);
    while (sum >> 32n !== 0n) sum = (sum & 0xffff_ffffn) + (sum >> 32n);
    return sum;
  },
  redirect: (machine, { packet }) => {
    packet.redirect = u32Of(machine, 1);
    return isXdp() ? redirects.xdp : redirects.tc;
  },
});

function* wordsOf(bytes: Uint8Array): Generator<number, void> {
  const view = viewOf(bytes);
  for (let at = 0; at < bytes.length; at += 4) yield view.getUint32(at, true);
}
