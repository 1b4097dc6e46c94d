/**
 * Helpers that send packets elsewhere (net/core/filter.c, net/core/sock_map.c).
 *
 * Nothing is sent: where a packet would go is kept, for whoever fired or ran the program.
 * @module
 */
import { SimulatedXdpSocket } from "../attach/simulated-xdp-socket.ts";
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import { ObjectStore } from "../map/object-store.ts";
import type { MapStore } from "../map/store.ts";
import type { MapType } from "../../spec/words.ts";
import type { Machine } from "../vm/machine.ts";
import { type HelperGroup, u32Of, u64Of } from "./context.ts";

/** Verdicts that send a packet elsewhere: XDP_REDIRECT and TC_ACT_REDIRECT. */
const redirects = { xdp: 4, tc: 7 } as const;

/** XDP_ABORTED and TC_ACT_SHOT: for flags that there are not. */
const refusals = { xdp: 0, tc: 2 } as const;

function redirectTo(machine: Machine, kernel: Core, flags: bigint): number {
  const { current, packet } = kernel;
  const kind = current.program.attributes.progType === "xdp" ? "xdp" : "tc";
  // Only programs of traffic control choose the direction.
  const known = kind === "tc" ? ingress : 0n;
  if ((flags & ~known) !== 0n) return refusals[kind];
  packet.redirect = u32Of(machine, 1);
  packet.xdpSocket = undefined;
  packet.comesIn = flags === ingress;
  return redirects[kind];
}

/** SK_PASS, or SK_DROP when the map has nothing there. */
function redirectBySocketMap(machine: Machine, kernel: Core): number {
  const { store } = kernel.mapAt(u64Of(machine, 2));
  const key = new Uint8Array(Uint32Array.of(u32Of(machine, 3)).buffer);
  const socket = store instanceof ObjectStore ? store.get(key) : undefined;
  return passTo(kernel, socket, u64Of(machine, 4));
}

/** The same where the key lies in memory. */
function redirectBySocketHash(machine: Machine, kernel: Core): number {
  const { store, attributes } = kernel.mapAt(u64Of(machine, 2));
  const key = machine.memory.bytes(u64Of(machine, 3), attributes.keySize);
  const socket = store instanceof ObjectStore ? store.get(key) : undefined;
  return passTo(kernel, socket, u64Of(machine, 4));
}

/** BPF_F_INGRESS of include/uapi/linux/bpf.h. */
const ingress = 1n;

function passTo(
  { packet }: Core,
  socket: { readonly id: number } | undefined,
  flags: bigint,
): number {
  if (socket === undefined || flags > ingress) return 0;
  packet.redirect = socket.id;
  packet.comesIn = flags === ingress;
  return 1;
}

/** Lower bits of the flags: what is returned when the map has nothing there. */
const actionMask = 3n;
/** BPF_F_BROADCAST, and BPF_F_EXCLUDE_INGRESS: to all interfaces of a map, but for where the packet came from. */
const [broadcast, excludeIngress] = [8n, 16n];

/** What XDP programs return to send a packet to what a map has at an index: XDP_REDIRECT where they may. */
export function redirectAction(
  { store, mapType }: { readonly store: MapStore; readonly mapType: MapType },
  index: number,
  flags: bigint,
): number {
  const known = actionMask | (mapType.startsWith("devmap") ? broadcast | excludeIngress : 0n);
  if ((flags & ~known) !== 0n) return refusals.xdp;
  if ((flags & broadcast) !== 0n) return redirects.xdp;
  const key = new Uint8Array(Uint32Array.of(index).buffer);
  const isThere =
    store instanceof ObjectStore ? store.get(key) !== undefined : store.find(key, "program") >= 0;
  return isThere ? redirects.xdp : Number(flags & actionMask);
}

function xdpSocketAt(store: MapStore, index: number): SimulatedXdpSocket | undefined {
  const key = new Uint8Array(Uint32Array.of(index).buffer);
  const found = store instanceof ObjectStore ? store.get(key) : undefined;
  return found instanceof SimulatedXdpSocket ? found : undefined;
}

/** Redirection. */
export const redirectHelpers: HelperGroup = {
  redirect: (machine, kernel) => redirectTo(machine, kernel, u64Of(machine, 2)),
  redirect_peer: (machine, kernel) =>
    u64Of(machine, 2) === 0n ? redirectTo(machine, kernel, 0n) : refusals.tc,
  redirect_neigh: (machine, kernel) =>
    u64Of(machine, 4) === 0n ? redirectTo(machine, kernel, 0n) : refusals.tc,
  clone_redirect: (machine, kernel) => {
    const index = u32Of(machine, 2);
    const isKnown = (u64Of(machine, 3) & ~ingress) === 0n;
    if (!isKnown || !kernel.interfaces.has(index)) return failed.invalid;
    kernel.packet.clones.push({ interface: index, packet: kernel.packet.bytes().slice() });
    return 0;
  },
  redirect_map: (machine, kernel) => {
    const { store, attributes } = kernel.mapAt(u64Of(machine, 1));
    const index = u32Of(machine, 2);
    const action = redirectAction({ store, ...attributes }, index, u64Of(machine, 3));
    if (action === redirects.xdp) kernel.packet.redirect = index;
    kernel.packet.xdpSocket = xdpSocketAt(store, index);
    return action;
  },
  sk_redirect_map: redirectBySocketMap,
  msg_redirect_map: redirectBySocketMap,
  sk_redirect_hash: redirectBySocketHash,
  msg_redirect_hash: redirectBySocketHash,
};
