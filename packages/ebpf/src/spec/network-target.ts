/**
 * Places in the network that programs attach to, as plain data: those that came after XDP and tcx.
 * @module
 */

/** Filters of traffic control, at one side of an interface, or in a block that several interfaces share. */
export interface TcTarget {
  readonly kind: "tc";
  readonly interface: string | undefined;
  readonly direction: "ingress" | "egress";
  readonly filter: TcFilter;
  /** `offload`: loaded for this interface alone, to run on its card; left out, it can be attached to any. */
  readonly device?: "offload" | undefined;
}

/** How a program is a filter of traffic control. */
export interface TcFilter {
  /** Filters with lower ones run first, from 1 to 65535. Left out, the kernel chooses one before those that are there. */
  readonly priority?: number | undefined;
  /** Tells filters of one priority apart. Left out, the kernel chooses one. */
  readonly handle?: number | undefined;
  /** Only packets of this protocol (`ETH_P_…`, 0x0800 is IPv4); all when left out. */
  readonly protocol?: number | undefined;
  /** For people; the program's when left out. */
  readonly name?: string | undefined;
  /**
   * `action` (when left out): what the program returns is what happens to the packet, `TC_ACT_OK` or `TC_ACT_SHOT`. `class`: it
   * is a class of the queue, -1 for that of `classId`, 0 for no match.
   */
  readonly result?: "action" | "class" | undefined;
  /** A class of the queue, `major << 16 | minor`. */
  readonly classId?: number | undefined;
  /**
   * `skip_sw`: it runs on the network card alone, which refuses what it cannot do; so do programs with device `offload`.
   * `skip_hw`: it never runs there. Left out, the kernel runs it, and the card as well if it can. Minimum kernel 4.9.
   */
  readonly hardware?: FilterHardware | undefined;
}

/** Where a filter does not run: in the kernel, or on the card. */
export type FilterHardware = (typeof filterHardware)[number];

/** All. */
export const filterHardware = ["skip_sw", "skip_hw"] as const;

/** One of a pair of `netkit` interfaces: programs are attached to the primary one, for both. */
export interface NetkitTarget {
  readonly kind: "netkit";
  /** The primary one of the pair. */
  readonly interface: string | undefined;
  readonly place: "primary" | "peer";
}

/** A hook of netfilter. */
export interface NetfilterTarget {
  readonly kind: "netfilter";
  readonly hook: NetfilterHook | undefined;
}

/** Where in netfilter, among what else is there. */
export interface NetfilterHook {
  readonly family: "ipv4" | "ipv6";
  readonly hook: "pre_routing" | "local_in" | "forward" | "local_out" | "post_routing";
  /** Lower ones run first; connection tracking has -200, the filters of iptables have 0. No two programs have the same. */
  readonly priority: number;
  /** `ip_defrag` puts fragments together before the program sees them. Minimum kernel 6.6. */
  readonly flags?: readonly "ip_defrag"[] | undefined;
}

/** A route whose packets run the program. */
export interface LwtTarget {
  readonly kind: "lwt";
  readonly when: LwtTime;
  readonly route: LwtRoute | undefined;
}

/**
 * When a program of a route runs: on packets that come in over it, on those that are about to be sent, on those that are
 * ready to be sent and may still be changed, or as the action on the segments of an IPv6 packet.
 */
export type LwtTime = "in" | "out" | "xmit" | "seg6local";

/** A route, which is added when the program is attached. */
export interface LwtRoute {
  /** A network or a single address: `10.9.0.0/16`, `fc00::1`. */
  readonly destination: string;
  /** Name of the interface that packets leave through. */
  readonly interface: string;
  /** Address of the next machine on the way; left out, the destination is on the interface's own network. */
  readonly gateway?: string | undefined;
  /** Number of the routing table, 254 for the main one when left out. */
  readonly table?: number | undefined;
  /** Bytes that a program for `xmit` may put in front of packets, at most 256. */
  readonly headroom?: number | undefined;
}
