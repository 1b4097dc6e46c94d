/**
 * Functions that may move the packet: addresses into it mean nothing behind them.
 * @module
 */
import type { Surroundings } from "../memory/access.ts";
import { originFrom } from "../number/origin.ts";
import { unknownScalar } from "../number/scalar.ts";
import { replaceValues, type State } from "../state/state.ts";
import { isPointer } from "../state/value.ts";

/** Forgets addresses into the packet when the global function at `start` may move it. */
export function changesPacket({ state, functions }: Surroundings, start: number): void {
  if (functions.movesPacket(start)) forgetPacket(state);
}

/** Makes addresses into the packet numbers of which nothing is known. */
export function forgetPacket(state: State): void {
  replaceValues(state, (it) =>
    packetKinds.has(it.kind) || (isPointer(it) && it.ofPacket)
      ? { ...unknownScalar, origin: originFrom() }
      : it,
  );
}

const packetKinds: ReadonlySet<string> = new Set(["pkt", "pkt_meta", "pkt_end"]);

/** `bpf_helper_changes_pkt_data` of net/core/filter.c. */
export const movesPacket: ReadonlySet<string> = new Set([
  "clone_redirect",
  "l3_csum_replace",
  "l4_csum_replace",
  "lwt_push_encap",
  "lwt_seg6_action",
  "lwt_seg6_adjust_srh",
  "lwt_seg6_store_bytes",
  "msg_pop_data",
  "msg_pull_data",
  "msg_push_data",
  "skb_adjust_room",
  "skb_change_head",
  "skb_change_proto",
  "skb_change_tail",
  "skb_pull_data",
  "skb_store_bytes",
  "skb_vlan_pop",
  "skb_vlan_push",
  "store_hdr_opt",
  "xdp_adjust_head",
  "xdp_adjust_meta",
  "xdp_adjust_tail",
]);

/** The same of functions of the kernel that are no helpers (`is_kfunc_pkt_changing` of kernel/bpf/verifier.c). */
export const movesPacketByKfunc: ReadonlySet<string> = new Set(["bpf_xdp_pull_data"]);
