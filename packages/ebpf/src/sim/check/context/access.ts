/**
 * Which bytes of its context a program may read and write, and which of the sockets it is given.
 *
 * The tables hold what Linux 6.18 answered when a program of each type loaded and stored every size at every offset, so
 * that all conditions of the `is_valid_access` functions are in them. What a load gives is told by `fields.ts`.
 * `context.kernel.test.ts` asks the running kernel again.
 * @module
 */
import type { CheckedProgram } from "../program.ts";
import type { PointerKind } from "../state/value.ts";

/**
 * Accesses that are allowed: `r4 0-4` are reads of 4 bytes at 0, 4, 8, 12 and 16, `w4` the same for writes. None is
 * allowed at an offset that is no multiple of its size.
 */
type Table = string;

const tunnel =
  "r1 0-71 84-87 164-167 176-179; r2 0-35 42-43 82-83 88-89; r4 0-17 19-21 41 44; r8 6-7 21; " +
  "w1 48-67; w2 24-33; w4 2 8 12-16; w8 6-7";
const trafficControl =
  "r1 0-75 84-87 160-167 176-180; r2 0-37 42-43 80-83 88-89; r4 0-21 35 40-41 44; r8 6-7 19 21 23; " +
  "w1 48-67; w2 24-33; w4 2-3 8 11-16 18; w8 6-7 19";
const newSocket = "r1 4 8 12 48-49 52-72 76; r2 2 4 6 24 26-36 38; r4 0-5 12-19; w4 0 4-5";
const address4 = "r1 4-7 24-27; r2 2-3 12-13; r4 0-1 6-9; r8 8; w4 1 6";
const address6 = "r1 8-27; r2 4-13; r4 0 2-9; r8 1-2 8; w4 2-6; w8 1-2";
const addressUnix = "r1 24-27; r2 12-13; r4 0 6-9; r8 8; w4 6";
const sent4 = "r1 4-7 24-27 40-43; r2 2-3 12-13 20-21; r4 0-1 6-10; r8 8; w4 1 6 10";
const sent6 = "r1 8-27 44-59; r2 4-13 22-29; r4 0 2-9 11-14; r8 1-2 6 8; w4 2-6 11-14; w8 1-2 6";

/** By type, or by type and place. */
const contexts: Readonly<Record<string, Table>> = {
  xdp: "r4 0-4",
  "xdp xdp_devmap": "r4 0-5",
  socket_filter:
    "r1 0-71 84-87 164-167 176-179; r2 0-35 42-43 82-83 88-89; r4 0-17 21 41 44; r8 6-7 21; " +
    "w1 48-67; w2 24-33; w4 12-16; w8 6-7",
  sched_cls: trafficControl,
  sched_act: trafficControl,
  cgroup_skb:
    "r1 0-71 84-91 132-139 164-167 176-179; r2 0-35 42-45 66-69 82-83 88-89; r4 0-17 19-34 41 44; " +
    "r8 6-7 19 21 23; w1 48-67; w2 24-33; w4 2 8 12-16; w8 6-7 19",
  sk_skb:
    "r1 0-7 12-71 84-91 132-139 164-167 176-179; r2 0-3 6-35 42-45 66-69 82-83 88-89; " +
    "r4 0-1 3-17 19-34 41 44; r8 6-7 21; w4 8 11",
  lwt_in: tunnel,
  lwt_out: tunnel,
  lwt_xmit: tunnel,
  lwt_seg6local: tunnel,
  flow_dissector: "r4 19-20; r8 18",
  sk_msg: "r4 4-17; r8 0-1 9",
  sk_reuseport: "r1 16-19 24-31; r2 8-15; r4 4-8; r8 0-1 5-6",
  sk_lookup: "r1 8-67; r2 4-33; r4 2-16; r8 0",
  sock_ops: "r1 212; r2 106; r4 0-41 52-53; r8 21-25 27; w4 1 41",
  cgroup_sock: newSocket,
  "cgroup_sock cgroup_inet4_post_bind":
    "r1 4 8 12 24-27 44 48-49 52-72 76; r2 2 4 6 12-13 22 24 26-36 38; r4 1-3 6 11-19",
  "cgroup_sock cgroup_inet6_post_bind":
    "r1 4 8 12 28-44 48-49 52-72 76; r2 2 4 6 14-22 24 26-36 38; r4 1-3 7-19",
  "cgroup_sock_addr cgroup_inet4_bind": address4,
  "cgroup_sock_addr cgroup_inet4_connect": address4,
  "cgroup_sock_addr cgroup_udp4_recvmsg": address4,
  "cgroup_sock_addr cgroup_inet4_getpeername": address4,
  "cgroup_sock_addr cgroup_inet4_getsockname": address4,
  "cgroup_sock_addr cgroup_inet6_bind": address6,
  "cgroup_sock_addr cgroup_inet6_connect": address6,
  "cgroup_sock_addr cgroup_udp6_recvmsg": address6,
  "cgroup_sock_addr cgroup_inet6_getpeername": address6,
  "cgroup_sock_addr cgroup_inet6_getsockname": address6,
  "cgroup_sock_addr cgroup_unix_connect": addressUnix,
  "cgroup_sock_addr cgroup_unix_sendmsg": addressUnix,
  "cgroup_sock_addr cgroup_unix_recvmsg": addressUnix,
  "cgroup_sock_addr cgroup_unix_getpeername": addressUnix,
  "cgroup_sock_addr cgroup_unix_getsockname": addressUnix,
  "cgroup_sock_addr cgroup_udp4_sendmsg": sent4,
  "cgroup_sock_addr cgroup_udp6_sendmsg": sent6,
  cgroup_device: "r1 0-3; r2 0-1; r4 0-2",
  cgroup_sysctl: "r1 0-7; r2 0-3; r4 0-1; w4 1",
  "cgroup_sockopt cgroup_getsockopt": "r4 6-9; r8 0-2; w4 8-9",
  "cgroup_sockopt cgroup_setsockopt": "r4 6-8; r8 0-2; w4 6-8",
  perf_event: "r1 168-183; r2 84-91; r4 42-45; r8 0-22",
};

const sockets: { readonly [Kind in PointerKind]?: Table } = {
  sock_common: "r1 4 24-44 48-49 52-72 76; r2 2 12-22 24 26-36 38; r4 0-1 6-19",
  sock: "r1 4 8 12 24-44 48-49 52-72 76; r2 2 4 6 12-22 24 26-36 38; r4 0-19",
  tcp_sock: "r4 0-19 24-27; r8 10-11",
  xdp_sock: "r4 0",
};

/** A load or store at a fixed offset. */
export interface PlainAccess {
  readonly offset: number;
  readonly size: number;
  readonly write: boolean;
}

/** Whether a program may access its context so; `undefined` when there is no table for its type. */
export function mayAccessContext(
  { type, expectedAttachType }: Pick<CheckedProgram, "type" | "expectedAttachType">,
  access: PlainAccess,
): boolean | undefined {
  const table = contexts[`${type} ${expectedAttachType ?? ""}`] ?? contexts[type];
  return table === undefined ? undefined : allows(table, access);
}

/** Whether a program may access a socket so that it has an address of. */
export function mayAccessSocket(kind: PointerKind, access: PlainAccess): boolean {
  const table = sockets[kind];
  return table !== undefined && allows(table, access);
}

function allows(table: Table, { offset, size, write }: PlainAccess): boolean {
  const row = table.split("; ").find((it) => it.startsWith(`${write ? "w" : "r"}${size} `));
  const index = offset / size;
  return (
    row
      ?.split(" ")
      .slice(1)
      .some((range) => isIn(range, index)) ?? false
  );
}

function isIn(range: string, index: number): boolean {
  const [from, to = from] = range.split("-").map(Number);
  return Number.isInteger(index) && index >= from! && index <= to!;
}
