/**
 * Helpers that send packets elsewhere (net/core/filter.c, net/core/sock_map.c).
 *
 * Nothing is sent: where a packet would go is kept, for whoever fired or ran the program.
 * @module
 */
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import { ObjectStore } from "../map/object-store.ts";
import type { Machine } from "../vm/machine.ts";
import { type HelperGroup, u32Of, u64Of } from "./context.ts";

/** Verdicts that send a packet elsewhere: XDP_REDIRECT and TC_ACT_REDIRECT. */
const redirects = { xdp: 4, tc: 7 } as const;

function redirectTo(index: number, { current, packet }: Core): number {
  packet.redirect = index;
  return current.program.attributes.progType === "xdp" ? redirects.xdp : redirects.tc;
}

/** SK_PASS, or SK_DROP when the map has nothing there. */
function redirectBySocketMap(machine: Machine, kernel: Core): number {
  const { store } = kernel.mapAt(u64Of(machine, 2));
  const key = new Uint8Array(Uint32Array.of(u32Of(machine, 3)).buffer);
  return passTo(kernel, store instanceof ObjectStore ? store.get(key) : undefined);
}

/** The same where the key lies in memory. */
function redirectBySocketHash(machine: Machine, kernel: Core): number {
  const { store, attributes } = kernel.mapAt(u64Of(machine, 2));
  const key = machine.memory.bytes(u64Of(machine, 3), attributes.keySize);
  return passTo(kernel, store instanceof ObjectStore ? store.get(key) : undefined);
}

function passTo({ packet }: Core, socket: { readonly id: number } | undefined): number {
  if (socket === undefined) return 0;
  packet.redirect = socket.id;
  return 1;
}

/** Lower bits of the flags: what is returned when the map has nothing there. */
const actionMask = 3n;
const broadcast = 8n;

/** Redirection. */
export const redirectHelpers: HelperGroup = {
  redirect: (machine, kernel) => redirectTo(u32Of(machine, 1), kernel),
  redirect_peer: (machine, kernel) => redirectTo(u32Of(machine, 1), kernel),
  redirect_neigh: (machine, kernel) => redirectTo(u32Of(machine, 1), kernel),
  clone_redirect: (machine, kernel) => {
    const index = u32Of(machine, 2);
    if (!kernel.interfaces.has(index)) return failed.invalid;
    kernel.packet.clones.push({ interface: index, packet: kernel.packet.bytes().slice() });
    return 0;
  },
  redirect_map: (machine, kernel) => {
    const { store } = kernel.mapAt(u64Of(machine, 1));
    const [index, flags] = [u32Of(machine, 2), u64Of(machine, 3)];
    const key = new Uint8Array(Uint32Array.of(index).buffer);
    const isThere =
      store instanceof ObjectStore ? store.get(key) !== undefined : store.find(key, "program") >= 0;
    if (!isThere && (flags & broadcast) === 0n) return flags & actionMask;
    kernel.packet.redirect = index;
    return redirects.xdp;
  },
  sk_redirect_map: redirectBySocketMap,
  msg_redirect_map: redirectBySocketMap,
  sk_redirect_hash: redirectBySocketHash,
  msg_redirect_hash: redirectBySocketHash,
};
