/**
 * Helpers on the tunnel that a packet came through or goes into (net/core/filter.c).
 * @module
 */
import { failed } from "../errno.ts";
import { type HelperGroup, readable, u32Of, u64Of, writable } from "./context.ts";

/** Bytes of `struct bpf_tunnel_key`, and of those that older kernels had, which are prefixes of it. */
const keyBytes = 44;
const knownSizes: readonly number[] = [8, 24, 28, keyBytes];
/** Most bytes of options: IP_TUNNEL_OPTS_MAX of include/net/ip_tunnels.h. */
const mostOptions = 255;
/** BPF_F_TUNINFO_IPV6 and BPF_F_TUNINFO_FLAGS; BPF_F_ZERO_CSUM_TX up to BPF_F_NO_TUNNEL_KEY beside the first. */
const [getFlags, setFlags] = [0x11n, 0x1fn];

/** Tunnels, and transformations that packets went through. */
export const tunnelHelpers: HelperGroup = {
  // None went through any.
  skb_get_xfrm_state: (machine) => {
    writable(machine, 3, u32Of(machine, 4)).fill(0);
    return failed.invalid;
  },
  skb_get_tunnel_key: (machine, { packet }) => {
    const size = u32Of(machine, 3);
    const isKnown = knownSizes.includes(size) && (u64Of(machine, 4) & ~getFlags) === 0n;
    const target = writable(machine, 2, size).fill(0);
    if (!isKnown || packet.tunnelKey === undefined) return failed.invalid;
    target.set(packet.tunnelKey.subarray(0, size));
    return 0;
  },
  skb_set_tunnel_key: (machine, { packet }) => {
    const size = u32Of(machine, 3);
    const isKnown = knownSizes.includes(size) && (u64Of(machine, 4) & ~setFlags) === 0n;
    if (!isKnown) return failed.invalid;
    packet.tunnelKey = new Uint8Array(keyBytes);
    packet.tunnelKey.set(readable(machine, 2, size));
    packet.tunnelOptions = new Uint8Array();
    return 0;
  },
  skb_get_tunnel_opt: (machine, { packet: { tunnelKey, tunnelOptions } }) => {
    const size = u32Of(machine, 3);
    const target = writable(machine, 2, size).fill(0);
    if (tunnelKey === undefined || tunnelOptions.length === 0) return failed.noEntry;
    if (size < tunnelOptions.length) return failed.noMemory;
    target.set(tunnelOptions);
    return tunnelOptions.length;
  },
  skb_set_tunnel_opt: (machine, { packet }) => {
    const size = u32Of(machine, 3);
    if (packet.tunnelKey === undefined || size % 4 !== 0) return failed.invalid;
    if (size > mostOptions) return failed.noMemory;
    packet.tunnelOptions = readable(machine, 2, size).slice();
    return 0;
  },
};
