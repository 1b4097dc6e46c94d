/**
 * Helpers on sockets (net/core/filter.c): searching and choosing them, their options and numbers.
 * @module
 */
import { SimulatedSocket } from "../attach/simulated-socket.ts";
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import { ObjectStore } from "../map/object-store.ts";
import type { Machine } from "../vm/machine.ts";
import { type HelperGroup, readable, s32Of, u32Of, u64Of, writable } from "./context.ts";

/** An acknowledgement that a program has sent. */
export interface Acknowledgement {
  /** Address of the socket's `struct tcp_sock`. */
  readonly socket: bigint;
  /** The sequence number that is expected next. */
  readonly next: number;
}

/** BPF_SK_LOOKUP_F_REPLACE of include/uapi/linux/bpf.h. */
const replaces = 1n;

/** Addresses and ports of `struct bpf_sock` that a tuple is compared with. */
interface Tuple {
  readonly remote: Uint8Array;
  readonly local: Uint8Array;
}

/**
 * The socket that a packet with these addresses belongs to: the tuple has the remote address, the local one, the remote
 * port and the local one, all in network order.
 */
function lookUp(machine: Machine, kernel: Core, protocol: number): bigint {
  const size = u32Of(machine, 3);
  if (size !== 12 && size !== 36) return 0n;
  const tuple = readable(machine, 2, size);
  const width = (size - 4) / 2;
  const wanted: Tuple = {
    remote: Uint8Array.of(...tuple.subarray(0, width), ...tuple.subarray(2 * width, 2 * width + 2)),
    local: Uint8Array.of(...tuple.subarray(width, 2 * width), ...tuple.subarray(2 * width + 2)),
  };
  return (
    kernel.sockets.find((socket) => isMeant(kernel, socket, { protocol, ...wanted }))?.address ?? 0n
  );
}

/** Whether a socket is connected so, or listens there. */
function isMeant(
  { memory, types }: Core,
  { address }: SimulatedSocket,
  { protocol, remote, local }: Tuple & { readonly protocol: number },
): boolean {
  const at = (member: string): number => types.contexts.member("bpf_sock", member).offset;
  const width = local.length - 2;
  const bytes = memory.bytes(address, types.contexts.typeByName("bpf_sock", "struct").size);
  const numberAt = (offset: number): number => Number(memory.load(address + BigInt(offset), 4));
  if (numberAt(at("protocol")) !== protocol) return false;
  const [source, target] =
    width === 4 ? (["src_ip4", "dst_ip4"] as const) : (["src_ip6", "dst_ip6"] as const);
  const isSame = (wanted: Uint8Array, member: string): boolean =>
    wanted.subarray(0, width).every((byte, index) => bytes[at(member) + index] === byte);
  const localPort = local[width]! * 256 + local[width + 1]!;
  if (numberAt(at("src_port")) !== localPort) return false;
  const isAnywhere = bytes.subarray(at(source), at(source) + width).every((byte) => byte === 0);
  if (!isAnywhere && !isSame(local, source)) return false;
  const isListening = numberAt(at("state")) === listening;
  return isListening || protocol === udp || isSame(remote, target);
}

/** TCP_LISTEN of include/net/tcp_states.h, IPPROTO_TCP and IPPROTO_UDP. */
const [listening, tcp, udp] = [10, 6, 17];

/** What `sk_assign` chose; a second socket only with the flag that says so. */
function assign(machine: Machine, { current }: Core): number {
  const [socket, flags] = [u64Of(machine, 2), u64Of(machine, 3)];
  if (current.chosen !== undefined && socket !== 0n && (flags & replaces) === 0n)
    return failed.exists;
  current.chosen = socket;
  return 0;
}

/** The socket that a context or a pointer to a socket means. */
function socketOf(machine: Machine, kernel: Core): SimulatedSocket | undefined {
  const address = u64Of(machine, 1);
  return kernel.socketAt(address);
}

/** Puts the socket of a context of socket operations into a map of sockets. */
function putSocket(machine: Machine, kernel: Core): number {
  const { store, attributes } = kernel.mapAt(u64Of(machine, 2));
  const { offset } = kernel.types.contexts.member("bpf_sock_ops", "sk");
  const socket = kernel.socketAt(kernel.memory.load(u64Of(machine, 1) + BigInt(offset), 8));
  const mode = (["any", "noexist", "exist"] as const)[u32Of(machine, 4)];
  if (socket === undefined || mode === undefined) return failed.invalid;
  const key = readable(machine, 3, attributes.keySize);
  return store instanceof ObjectStore ? store.put(key, socket, mode) : failed.invalid;
}

function nameOf(machine: Machine): string {
  return `${s32Of(machine, 2)} ${s32Of(machine, 3)}`;
}

/** Options of what is no socket of the test's are kept with the kernel. */
function optionsOf(machine: Machine, kernel: Core): Map<string, Uint8Array> {
  return socketOf(machine, kernel)?.options ?? kernel.socketOptions;
}

/** Sockets. */
export const socketHelpers: HelperGroup = {
  sk_lookup_tcp: (machine, kernel) => lookUp(machine, kernel, tcp),
  skc_lookup_tcp: (machine, kernel) => lookUp(machine, kernel, tcp),
  sk_lookup_udp: (machine, kernel) => lookUp(machine, kernel, udp),
  sk_release: () => 0,
  sk_fullsock: (machine) => u64Of(machine, 1),
  tcp_sock: (machine, kernel) => socketOf(machine, kernel)?.tcpAddress ?? 0n,
  get_listener_sock: (machine) => u64Of(machine, 1),
  // What a pointer is taken for, its memory decides here as there.
  skc_to_tcp_sock: (machine) => u64Of(machine, 1),
  skc_to_tcp6_sock: (machine) => u64Of(machine, 1),
  skc_to_tcp_timewait_sock: (machine) => u64Of(machine, 1),
  skc_to_tcp_request_sock: (machine) => u64Of(machine, 1),
  skc_to_udp6_sock: (machine) => u64Of(machine, 1),
  skc_to_unix_sock: (machine) => u64Of(machine, 1),
  skc_to_mptcp_sock: (machine) => u64Of(machine, 1),
  sk_assign: assign,
  sk_select_reuseport: (machine, kernel) => {
    const { store } = kernel.mapAt(u64Of(machine, 2));
    const found = store instanceof ObjectStore ? store.get(readable(machine, 3, 4)) : undefined;
    if (!(found instanceof SimulatedSocket)) return failed.noEntry;
    kernel.current.chosen = found.address;
    return 0;
  },
  sock_map_update: putSocket,
  sock_hash_update: putSocket,
  get_socket_cookie: (machine, kernel) => BigInt(socketOf(machine, kernel)?.id ?? 0),
  get_socket_uid: (_, { world }) => world.task.uid,
  get_netns_cookie: () => 1,
  setsockopt: (machine, kernel) => {
    const value = readable(machine, 4, u32Of(machine, 5)).slice();
    optionsOf(machine, kernel).set(nameOf(machine), value);
    return 0;
  },
  getsockopt: (machine, kernel) => {
    const target = writable(machine, 4, u32Of(machine, 5)).fill(0);
    target.set(optionsOf(machine, kernel).get(nameOf(machine))?.subarray(0, target.length) ?? []);
    return 0;
  },
  bind: () => 0,
  tcp_send_ack: (machine, { acknowledged }) => {
    acknowledged.push({ socket: u64Of(machine, 1), next: u32Of(machine, 2) });
    return 0;
  },
  sock_ops_cb_flags_set: () => 0,
  sk_cgroup_id: (_, { world }) => world.task.cgroupId ?? 1n,
  skb_cgroup_id: (_, { world }) => world.task.cgroupId ?? 1n,
};
