/**
 * Helpers on packets: their bytes, their ends, what stands in their context (net/core/filter.c).
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import { checksumDifference } from "../../helper/checksum.ts";
import { errno } from "../../kernel/errno.ts";
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

/** BPF_HDR_START_MAC and BPF_HDR_START_NET of include/uapi/linux/bpf.h: from which header on. */
function loadRelative(machine: Machine, kernel: Core): number {
  const start = u32Of(machine, 5);
  if (start <= 1) return load(machine, kernel, start === 0 ? 0 : ethernetBytes);
  writable(machine, 3, u32Of(machine, 4)).fill(0);
  return failed.fault;
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

/** Most bytes that are added or taken away at once. */
const mostRoom = 0xfff;

/** Room behind the header of Ethernet, or behind that of IP (`bpf_skb_adjust_room`): BPF_ADJ_ROOM_NET and BPF_ADJ_ROOM_MAC. */
function adjustRoom(machine: Machine, { packet }: Core): number {
  const [difference, mode, flags] = [s32Of(machine, 2), u32Of(machine, 3), u64Of(machine, 4)];
  if ((flags & ~roomFlags) !== 0n) return failed.invalid;
  if (Math.abs(difference) > mostRoom) return failed.fault;
  const protocol = packet.loadNumber(addressBytes, 2);
  const ipBytes = protocol === 0x0800 ? 20 : protocol === 0x86dd ? 40 : undefined;
  if (ipBytes === undefined || mode > 1) return failed.notSupported;
  if (packet.length - ethernetBytes + difference < ipBytes) return failed.notSupported;
  const place = mode === 0 ? ethernetBytes + ipBytes : ethernetBytes;
  return packet.insert(place, difference) ? 0 : failed.invalid;
}

/** BPF_F_ADJ_ROOM_… of include/uapi/linux/bpf.h. */
const roomFlags = 0xff00_01ffn;

/** SKB_MAX_ALLOC of include/linux/skbuff.h: four pages without `struct skb_shared_info`. */
const longestBuffer = 4 * 4096 - 320;

/** Packets. */
export const packetHelpers: HelperGroup = {
  xdp_adjust_head: (machine, { packet }) =>
    packet.moveStart(s32Of(machine, 2)) ? 0 : failed.invalid,
  xdp_adjust_tail: (machine, { packet }) =>
    packet.moveEnd(s32Of(machine, 2)) ? 0 : failed.invalid,
  xdp_adjust_meta: (machine, { packet }) => packet.moveMeta(s32Of(machine, 2)),
  xdp_get_buff_len: (_, { packet }) => packet.length,
  xdp_load_bytes: (machine, kernel) => loadXdp(machine, kernel),
  xdp_store_bytes: (machine, kernel) => storeXdp(machine, kernel),
  skb_load_bytes: (machine, kernel) => load(machine, kernel),
  skb_load_bytes_relative: loadRelative,
  skb_store_bytes: (machine, kernel) =>
    (u64Of(machine, 5) & ~3n) === 0n ? store(machine, kernel) : failed.invalid,
  skb_pull_data: (machine, { packet }) => (u32Of(machine, 2) > packet.length ? failed.noMemory : 0),
  skb_change_tail: (machine, { packet }) => {
    const length = u32Of(machine, 2);
    if (u64Of(machine, 3) !== 0n || length > longestBuffer || length < packet.network)
      return failed.invalid;
    packet.setLength(length);
    return 0;
  },
  skb_change_head: (machine, { packet }) => {
    const length = s32Of(machine, 2);
    if (u64Of(machine, 3) !== 0n || length < 0 || length + packet.length > longestBuffer)
      return failed.invalid;
    packet.prepend(length);
    return 0;
  },
  skb_change_type: (machine, { memory }) => {
    if (u32Of(machine, 2) > largestType) return failed.invalid;
    memory.store(u64Of(machine, 1) + contextOffsets.type, 4, u64Of(machine, 2) & 3n);
    return 0;
  },
  skb_adjust_room: adjustRoom,
  skb_vlan_push: (machine, { packet }) => {
    const [protocol, number] = [u32Of(machine, 2) & 0xffff, u32Of(machine, 3) & 0xffff];
    if (!packet.insertTag()) return failed.noMemory;
    // The protocol comes in network order; what is none of virtual networks becomes one.
    const isKnown = protocol === tagProtocols[0] || protocol === tagProtocols[1];
    packet.tag = { protocol: isKnown ? protocol : tagProtocols[0], number };
    return 0;
  },
  skb_vlan_pop: (_, { packet }) => {
    if (packet.tag !== undefined) {
      packet.tag = undefined;
      return 0;
    }
    const isTagged = packet.loadNumber(addressBytes, 2) === taggedProtocol;
    if (!isTagged) return 0;
    return packet.insert(addressBytes, -tagBytes) ? 0 : failed.invalid;
  },
  skb_change_proto: changeProtocol,
  skb_set_tstamp: setTime,
  skb_ecn_set_ce: () => 0,
  get_hash_recalc: (machine, { packet, memory }) => {
    const at = u64Of(machine, 1) + contextOffsets.hash;
    const hash = memory.load(at, 4) || BigInt(packet.hash());
    memory.store(at, 4, hash);
    return hash;
  },
  set_hash_invalid: (machine, { memory }) => {
    memory.store(u64Of(machine, 1) + contextOffsets.hash, 4, 0n);
    return 0;
  },
  set_hash: (machine, { memory }) => {
    memory.store(u64Of(machine, 1) + contextOffsets.hash, 4, BigInt(u32Of(machine, 2)));
    return 0;
  },
  get_cgroup_classid: () => 0,
  skb_cgroup_classid: () => 0,
  get_route_realm: () => 0,
  check_mtu: checkSize,
  lwt_push_encap: encapsulate,
  fib_lookup: lookUpRoute,
};

/** BPF_LWT_ENCAP_IP of include/uapi/linux/bpf.h; headers of segments are not simulated. */
const encapsulatesIp = 2;
/** A header of IP, and LWT_BPF_MAX_HEADROOM of net/core/lwt_bpf.c. */
const [leastIpBytes, mostEncapsulation] = [20, 256];

/** Where `struct __sk_buff` has what these change. */
const contextOffsets = { type: 4n, protocol: 16n, hash: 68n, time: 152n, timeType: 180n } as const;
/** ETH_P_IP and ETH_P_IPV6 in network order, and how much longer the header of the latter is. */
const [ipv4, ipv6, headerDifference] = [0x0008, 0xdd86, 20] as const;

/** From one version of IP to the other: room is made or taken away; what it holds then the program writes. */
function changeProtocol(machine: Machine, { packet, memory }: Core): number {
  const wanted = u32Of(machine, 2) & 0xffff;
  const at = u64Of(machine, 1) + contextOffsets.protocol;
  const current = Number(memory.load(at, 4));
  if (u64Of(machine, 3) !== 0n) return failed.invalid;
  const by = current === ipv4 && wanted === ipv6 ? headerDifference : -headerDifference;
  if (by < 0 && !(current === ipv6 && wanted === ipv4)) return failed.notSupported;
  if (!packet.insert(ethernetBytes, by)) return failed.noMemory;
  memory.store(at, 4, BigInt(wanted));
  return 0;
}

/** When a packet is sent, by one of the clocks. */
function setTime(machine: Machine, { memory }: Core): number {
  const [context, time, type] = [u64Of(machine, 1), u64Of(machine, 2), u32Of(machine, 3)];
  const protocol = Number(memory.load(context + contextOffsets.protocol, 4));
  if (protocol !== ipv4 && protocol !== ipv6) return failed.operationNotSupported;
  // BPF_SKB_CLOCK_REALTIME, …_MONOTONIC and …_TAI: only the first may be no time.
  if (type > 2 || (time === 0n && type > 0)) return failed.invalid;
  memory.store(context + contextOffsets.time, 8, time);
  memory.store(context + contextOffsets.timeType, 1, BigInt(type));
  return 0;
}

/** ETH_P_8021Q of include/uapi/linux/if_ether.h. */
const taggedProtocol = 0x8100;
/** BPF_FIB_LKUP_RET_NOT_FWDED. */
const notForwarded = 4;
/** ETH_P_8021Q and ETH_P_8021AD in network order. */
const tagProtocols = [0x0081, 0xa888] as const;
/** PACKET_OTHERHOST of include/uapi/linux/if_packet.h. */
const largestType = 3;

/** Puts a header of IP in front (`bpf_lwt_push_ip_encap` of net/core/lwt_bpf.c); without checksum it gets one. */
function encapsulate(machine: Machine, { packet }: Core): number {
  const [type, length] = [u32Of(machine, 2), u32Of(machine, 4)];
  if (type !== encapsulatesIp || length < leastIpBytes || length > mostEncapsulation)
    return failed.invalid;
  const header = readable(machine, 3, length).slice();
  const version = header[0]! >> 4;
  const isFit = version === 4 ? 4 * (header[0]! & 15) <= length : version === 6;
  if (!isFit) return failed.invalid;
  if (!packet.moveStart(-length)) return failed.noMemory;
  packet.bytes().set(header);
  if (version === 4 && header[10] === 0 && header[11] === 0) {
    const own = packet.bytes().subarray(0, 4 * (header[0]! & 15));
    const sum = ~checksumDifference(undefined, own, 0) & 0xffff;
    viewOf(own).setUint16(10, sum, true);
  }
  return 0;
}

/** Bytes of `struct bpf_fib_lookup`, flags that there are, and AF_INET and AF_INET6. */
const [routeBytes, routeFlags, families] = [64, 0x3fn, [2, 10] as readonly number[]];

/** There are no routes: the packet goes to the kernel. */
function lookUpRoute(machine: Machine): number {
  const isKnown = (u64Of(machine, 4) & ~routeFlags) === 0n;
  if (!isKnown || u32Of(machine, 3) < routeBytes) return failed.invalid;
  const family = readable(machine, 2, routeBytes)[0]!;
  return families.includes(family) ? notForwarded : -errno.EAFNOSUPPORT;
}

/** Whether a packet fits through an interface: 0, or BPF_MTU_CHK_RET_FRAG_NEEDED. */
function checkSize(machine: Machine, { packet, interfaces }: Core): number {
  const [index, difference, flags] = [u32Of(machine, 2), s32Of(machine, 4), u64Of(machine, 5)];
  const view = viewOf(writable(machine, 3, 4));
  const given = view.getUint32(0, true);
  const isOdd = flags !== 0n && (difference !== 0 || given !== 0);
  if (flags > 1n || isOdd) return failed.invalid;
  if (index !== 0 && !interfaces.has(index)) return failed.noDevice;
  const limit = index === 0 || index === loopback ? loopbackLimit : ethernetLimit;
  view.setUint32(0, limit, true);
  const length = (given === 0 ? packet.length : given + ethernetBytes) + difference;
  return length <= limit + ethernetBytes ? 0 : 1;
}

/** Longest packets, without the header of Ethernet: of `lo`, and of others. */
const [loopback, loopbackLimit, ethernetLimit] = [1, 65_536, 1500];

function loadXdp(machine: Machine, { packet }: Core): number {
  const [offset, length] = [u32Of(machine, 2), u32Of(machine, 4)];
  const wrong = outsideXdp(offset, length, packet.length);
  if (wrong !== 0) return wrong;
  writable(machine, 3, length).set(packet.bytes().subarray(offset, offset + length));
  return 0;
}

function storeXdp(machine: Machine, kernel: Core): number {
  const [offset, length] = [u32Of(machine, 2), u32Of(machine, 4)];
  return outsideXdp(offset, length, kernel.packet.length) || store(machine, kernel);
}

/** 0 for bytes of a packet, a negated errno for others. */
function outsideXdp(offset: number, length: number, packetLength: number): number {
  if (offset > 0xffff || length > 0xffff) return failed.fault;
  return offset + length > packetLength ? failed.invalid : 0;
}
