/**
 * What programs of each type may read from and write to their context, judged by the checker and by the kernel: every
 * size at every multiple of it, and at some places between.
 * @module
 */
import { describeAgreement } from "../testing-agreement.ts";

/** Types of programs, with the place of some, and the bytes of their context. */
const contexts: readonly (readonly [type: string, size: number])[] = [
  ["xdp", 24],
  ["sched_cls", 192],
  ["socket_filter", 192],
  ["cgroup_skb", 192],
  ["sk_skb", 192],
  ["lwt_in", 192],
  ["lwt_xmit", 192],
  ["lwt_seg6local", 192],
  ["flow_dissector", 192],
  ["sk_msg", 80],
  ["sk_reuseport", 56],
  ["sk_lookup/sk_lookup", 72],
  ["sock_ops", 224],
  ["cgroup_sock", 80],
  ["cgroup_sock/cgroup_inet4_post_bind", 80],
  ["cgroup_sock/cgroup_inet6_post_bind", 80],
  ["cgroup_sock/cgroup_inet_sock_release", 80],
  ["cgroup_sock_addr/cgroup_inet4_bind", 72],
  ["cgroup_sock_addr/cgroup_inet6_bind", 72],
  ["cgroup_sock_addr/cgroup_inet4_connect", 72],
  ["cgroup_sock_addr/cgroup_inet6_connect", 72],
  ["cgroup_sock_addr/cgroup_unix_connect", 72],
  ["cgroup_sock_addr/cgroup_udp4_sendmsg", 72],
  ["cgroup_sock_addr/cgroup_udp6_sendmsg", 72],
  ["cgroup_sock_addr/cgroup_udp4_recvmsg", 72],
  ["cgroup_sock_addr/cgroup_udp6_recvmsg", 72],
  ["cgroup_sock_addr/cgroup_inet4_getpeername", 72],
  ["cgroup_device", 12],
  ["cgroup_sysctl", 8],
  ["cgroup_sockopt/cgroup_getsockopt", 40],
  ["cgroup_sockopt/cgroup_setsockopt", 40],
  ["perf_event", 184],
  ["raw_tracepoint", 96],
  ["raw_tracepoint_writable", 96],
];

const end = "r0 = 1; exit";
const sizes = [8, 16, 32, 64] as const;

function lines(
  [type, size]: readonly [string, number],
  make: (bits: number, offset: number) => string,
): readonly string[] {
  return sizes.flatMap((bits) => {
    const bytes = bits / 8;
    const aligned = Array.from({ length: size / bytes + 2 }, (_, index) => (index - 1) * bytes);
    const offsets = bits === 8 ? aligned : [...aligned, 1, bytes / 2, size - bytes / 2];
    return offsets.map((at) => `${type}: ${make(bits, at)}; ${end}`);
  });
}

const sign = (at: number): string => (at < 0 ? `- ${-at}` : `+ ${at}`);

const families = contexts.flatMap((context) => [
  [`loads of ${context[0]}`, lines(context, (bits, at) => `r2 = *(u${bits} *)(r1 ${sign(at)})`)],
  [`stores of ${context[0]}`, lines(context, (bits, at) => `*(u${bits} *)(r1 ${sign(at)}) = 1`)],
]);

/** Sockets that a traffic control program gets an address of. */
const socket = "r1 = *(u64 *)(r1 + 168); if r1 == 0 goto out";
const sockets: Readonly<Record<string, string>> = {
  sock_common: `${socket}; r0 = r1`,
  sock: `${socket}; call bpf_sk_fullsock; if r0 == 0 goto out`,
  tcp_sock: `${socket}; call bpf_tcp_sock; if r0 == 0 goto out`,
};
const ofSockets = Object.entries(sockets).map(([kind, how]) => [
  `loads of ${kind}`,
  lines(
    ["sched_cls", 116],
    (bits, at) => `${how}; r2 = *(u${bits} *)(r0 ${sign(at)}); out: r1 = 0`,
  ),
]);

describeAgreement(
  "contexts, by the checker and by the kernel",
  Object.fromEntries([...families, ...ofSockets]),
);
