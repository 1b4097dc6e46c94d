/**
 * Packets for the samples that look at packets, and what their maps and variables hold meanwhile.
 *
 * Each run is the way of a usual packet through the program, and leaves the packet as it was, since the kernel runs a
 * program on the same bytes again and again. Everything is hexadecimal, in the order of memory.
 * @module
 */

/** One program on one packet. */
export interface PacketRun {
  readonly sample: string;
  readonly about: string;
  /** As BPF_PROG_TYPE_ names it. */
  readonly type: "xdp" | "sched_cls";
  /** The packet from its Ethernet header on. */
  readonly packet: string;
  /** What the program returns for it. */
  readonly result: number;
  /** `variable=bytes` and `map[key]=value`. */
  readonly setUp: readonly string[];
}

const macs = "020000000002020000000001";
const [tcp, udp] = ["06", "11"];
/** 10.0.0.1 and 10.0.0.2. */
const [client, server] = ["0a000001", "0a000002"];

/** A packet over IPv4, padded to what Ethernet carries at least. */
function packet(protocol: string, transport: string): string {
  const ip = `4500002e0000400040${protocol}0000${client}${server}`;
  return `${macs}0800${ip}${transport}`.padEnd(2 * 64, "0");
}

/** From port 12345 to port 80. */
const ports = "30390050";
const syn = `${ports}00000001000000005002ffff00000000`;
const data = `${ports}00000001000000015010ffffabcd0000`;
const datagram = `${ports}001a0000`;

const [xdpPass, xdpDrop, xdpTx, tcxNext] = [2, 1, 3, 0xffff_ffff];

/** All runs. */
export const packetRuns: readonly PacketRun[] = [
  {
    sample: "xdp-firewall",
    type: "xdp",
    about: "UDP that a rule counts and no rule drops",
    packet: packet(udp, datagram),
    result: xdpPass,
    // 10.0.0.0/8, XDP_PASS.
    setUp: ["rules[080000000a000000]=02000000000000000000000000000000"],
  },
  {
    sample: "xdp-load-balancer",
    type: "xdp",
    about: "TCP to the only server",
    packet: packet(tcp, data),
    result: xdpTx,
    // The server has the address of the service, so that the next run finds it again.
    setUp: [
      `service=${server}`,
      "backend_count=01000000",
      `backends[00000000]=0200000a020000000002${"00".repeat(14)}`,
    ],
  },
  {
    sample: "syn-limiter",
    type: "xdp",
    about: "a SYN too many",
    packet: packet(tcp, syn),
    result: xdpDrop,
    // More than can be saved up.
    setUp: ["cost_ns=00e40b5402000000"],
  },
  {
    sample: "tc-bandwidth",
    type: "sched_cls",
    about: "UDP within its share",
    packet: packet(udp, datagram),
    result: tcxNext,
    // 10^12 bytes in a second.
    setUp: ["bytes_per_s=0010a5d4e8000000"],
  },
  {
    sample: "xdp-protocol-counter",
    type: "xdp",
    about: "TCP over IPv4",
    packet: packet(tcp, data),
    result: xdpPass,
    setUp: [],
  },
];
