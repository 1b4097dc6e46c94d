/**
 * Helpers on packets: their bytes, their ends, what stands in their context (net/core/filter.c).
 * @module
 */
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import type { Machine } from "../vm/machine.ts";
import { type HelperGroup, readable, s32Of, u32Of, u64Of, writable } from "./context.ts";

function load(machine: Machine, { packet }: Core, shift = 0): number {
  const [offset, length] = [u32Of(machine, 2) + shift, u32Of(machine, 4)];
  const target = writable(machine, 3, length);
  if (offset + length > packet.length) {
    target.fill(0);
    return failed.fault;
  }
  target.set(packet.bytes().subarray(offset, offset + length));
  return 0;
}

function store(machine: Machine, { packet }: Core): number {
  const [offset, length] = [u32Of(machine, 2), u32Of(machine, 4)];
  if (offset + length > packet.length) return failed.fault;
  packet.bytes().set(readable(machine, 3, length), offset);
  return 0;
}

/** Bytes of a header of Ethernet, and where the addresses end. */
const [ethernetBytes, addressBytes] = [14, 12];
/** The tag of a virtual network. */
const tagBytes = 4;

/** Bytes of the header behind that of Ethernet. */
function adjustRoom(machine: Machine, { packet }: Core): number {
  const [difference, mode] = [s32Of(machine, 2), u32Of(machine, 3)];
  // BPF_ADJ_ROOM_NET: behind the header of IP; BPF_ADJ_ROOM_MAC: behind that of Ethernet.
  const version = packet.bytes()[ethernetBytes] ?? 0;
  const ipBytes = version >> 4 === 6 ? 40 : 20;
  const place = mode === 0 ? ethernetBytes + ipBytes : ethernetBytes;
  return packet.insert(place, difference) ? 0 : failed.invalid;
}

/** BPF_HDR_START_NET of include/uapi/linux/bpf.h: from the header of IP on. */
const fromNetwork = 1;

/** Packets. */
export const packetHelpers: HelperGroup = {
  xdp_adjust_head: (machine, { packet }) =>
    packet.moveStart(s32Of(machine, 2)) ? 0 : failed.invalid,
  xdp_adjust_tail: (machine, { packet }) =>
    packet.moveEnd(s32Of(machine, 2)) ? 0 : failed.invalid,
  xdp_adjust_meta: (machine, { packet }) =>
    packet.moveMeta(s32Of(machine, 2)) ? 0 : failed.invalid,
  xdp_get_buff_len: (_, { packet }) => packet.length,
  xdp_load_bytes: (machine, kernel) => loadXdp(machine, kernel),
  xdp_store_bytes: (machine, kernel) => storeXdp(machine, kernel),
  skb_load_bytes: (machine, kernel) => load(machine, kernel),
  skb_load_bytes_relative: (machine, kernel) =>
    load(machine, kernel, u32Of(machine, 5) === fromNetwork ? ethernetBytes : 0),
  skb_store_bytes: (machine, kernel) =>
    (u64Of(machine, 5) & ~3n) === 0n ? store(machine, kernel) : failed.invalid,
  skb_pull_data: () => 0,
  skb_change_tail: (machine, { packet }) =>
    packet.moveEnd(u32Of(machine, 2) - packet.length) ? 0 : failed.invalid,
  skb_change_head: (machine, { packet }) =>
    packet.moveStart(-u32Of(machine, 2)) ? 0 : failed.noMemory,
  skb_change_type: () => 0,
  skb_adjust_room: adjustRoom,
  skb_vlan_push: (machine, { packet }) => {
    const [protocol, tag] = [u32Of(machine, 2), u32Of(machine, 3)];
    if (!packet.insert(addressBytes, tagBytes)) return failed.noMemory;
    const bytes = packet.bytes();
    // The protocol comes in network order.
    bytes.set([protocol & 0xff, protocol >> 8, (tag >> 8) & 0xff, tag & 0xff], addressBytes);
    return 0;
  },
  skb_vlan_pop: (_, { packet }) => {
    const isTagged = packet.loadNumber(addressBytes, 2) === taggedProtocol;
    if (!isTagged) return 0;
    return packet.insert(addressBytes, -tagBytes) ? 0 : failed.invalid;
  },
  skb_ecn_set_ce: () => 0,
  get_hash_recalc: (_, { packet }) => packet.hash(),
  set_hash_invalid: () => 0,
  set_hash: () => 0,
  get_cgroup_classid: () => 0,
  skb_cgroup_classid: () => 0,
  get_route_realm: () => 0,
  check_mtu: () => 0,
  skb_under_cgroup: () => 0,
  // There are no routes: the packet goes to the kernel (BPF_FIB_LKUP_RET_NOT_FWDED).
  fib_lookup: () => notForwarded,
};

/** ETH_P_8021Q of include/uapi/linux/if_ether.h. */
const taggedProtocol = 0x8100;
const notForwarded = 4;

function loadXdp(machine: Machine, { packet }: Core): number {
  const [offset, length] = [u32Of(machine, 2), u32Of(machine, 4)];
  if (offset + length > packet.length) return failed.invalid;
  writable(machine, 3, length).set(packet.bytes().subarray(offset, offset + length));
  return 0;
}

function storeXdp(machine: Machine, kernel: Core): number {
  const [offset, length] = [u32Of(machine, 2), u32Of(machine, 4)];
  return offset + length > kernel.packet.length ? failed.invalid : store(machine, kernel);
}
