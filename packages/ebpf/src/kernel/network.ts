/**
 * What programs hang on in the network beside links of bpf(2): interfaces, queues, routes. It is asked and changed by
 * rtnetlink.
 *
 * Interfaces are given by their numbers in the network namespace of this process. Unlike links, what is attached here
 * stays when the process ends: who attached it takes it off.
 * @module
 */
import type { FilterHardware } from "../spec/network-target.ts";
import type { XdpMode } from "../spec/program-spec.ts";
import type { Handle, ProgramId } from "./handle.ts";

/** The network, as far as programs are attached to it. Everything that changes something needs CAP_NET_ADMIN. */
export interface Network {
  /**
   * The XDP programs of an interface: none, one, or one of each mode that there is a program for. Links are told, too.
   * @throws {NotFoundError} when there is no such interface.
   */
  xdpPrograms(index: number): readonly XdpProgram[];
  /**
   * Attaches an XDP program to an interface, replaces it, or takes it off.
   * @throws {BusyError} when there is a program and none was expected, or a link holds the place.
   * @throws {ExistsError} when another program is there than the expected one, or one in another mode.
   */
  setXdp(index: number, change: XdpChange): void;

  /**
   * Gives an interface the queueing discipline `clsact`, which only runs filters; false when it has one already.
   * @throws {ExistsError} when the interface has the older `ingress` in its place.
   */
  addClsact(index: number, blocks?: FilterBlocks): boolean;
  /** Takes `clsact` off an interface, with all filters in it; false when it has none. */
  removeClsact(index: number): boolean;
  /** Whether an interface has a `clsact`. */
  hasClsact(index: number): boolean;

  /** The filters at a place, in the order they run. Those that are not programs have no `program`. */
  filters(place: FilterPlace): readonly Filter[];
  /**
   * Puts a program as a filter at a place, which must have a `clsact`.
   * @throws {ExistsError} when there is a filter with this priority and handle; see {@link NewFilter.replace}.
   */
  addFilter(place: FilterPlace, filter: NewFilter): FilterId;
  /** Takes a filter away; false when it is not there, or runs another program than the one it is said to. */
  removeFilter(place: FilterPlace, filter: KnownFilter): boolean;

  /** Adds a route whose packets run programs. @throws {ExistsError} when there is a route to the same destination. */
  addRoute(route: Route, tunnel: Tunnel): void;
  /** Removes a route; false when it is not there. */
  removeRoute(route: Route): boolean;

  /**
   * Makes a pair of `netkit` interfaces, which run programs where packets go from one to the other. Both are down, as
   * all new interfaces are. Minimum kernel 6.7.
   * @throws {ExistsError} when a name is taken; {@link NotSupportedError} when the kernel has no netkit.
   */
  addNetkit(pair: NetkitPair): void;
  /** Removes an interface and, of a pair, the other one; false when it is not there. */
  removeInterface(index: number): boolean;
}

/** An XDP program at an interface. */
export interface XdpProgram {
  /** Where it runs: in the driver, behind it, on the card. */
  readonly mode: Exclude<XdpMode, "any">;
  readonly program: ProgramId;
}

/** What to do with the XDP program of an interface. */
export interface XdpChange {
  /** The program to run from now on; left out, none. */
  readonly program?: Handle | undefined;
  readonly mode: XdpMode;
  /** What must be there until now: `none`, `any`, or this program (minimum kernel 5.7). */
  readonly expected: "none" | "any" | Handle;
}

/** Numbers of blocks, which share their filters with other interfaces: one for each direction. */
export interface FilterBlocks {
  readonly ingress?: number | undefined;
  readonly egress?: number | undefined;
}

/** Where filters are: at one side of an interface, or in a block that several interfaces share. */
export type FilterPlace =
  | { readonly interface: number; readonly direction: "ingress" | "egress" }
  | { readonly block: number };

/** What tells filters at one place apart. */
export interface FilterId {
  /** Lower ones run first, from 1 to 65535. */
  readonly priority: number;
  readonly handle: number;
  /** The kind of packets, by the number of their protocol in Ethernet (`ETH_P_…`); 3 is all. */
  readonly protocol: number;
}

/** A filter, and maybe the program that it has to be. */
export interface KnownFilter extends FilterId {
  readonly program?: ProgramId;
}

/** A filter that is a program, to be added. */
export interface NewFilter {
  /** Left out, the kernel chooses: one before all that are there. */
  readonly priority?: number | undefined;
  /** Left out, the kernel chooses. */
  readonly handle?: number | undefined;
  /** All when left out. */
  readonly protocol?: number | undefined;
  readonly program: Handle;
  /** For people. */
  readonly name: string;
  /** Whether what the program returns is what happens to the packet; otherwise it is a class, or -1 for the default one. */
  readonly directAction: boolean;
  /** The class of packets, `major << 16 | minor`. */
  readonly classId?: number | undefined;
  /** Where it does not run; left out, the kernel runs it, and the card as well if it can. */
  readonly hardware?: FilterHardware | undefined;
  /** Takes the place of the filter with the same priority and handle. */
  readonly replace: boolean;
}

/** A filter that is there. */
export interface Filter extends FilterId {
  /** `bpf` for programs. */
  readonly kind: string;
  readonly chain: number;
  readonly name: string | undefined;
  readonly program: ProgramId | undefined;
  readonly directAction: boolean;
  readonly classId: number | undefined;
  /** Where it was told not to run. */
  readonly hardware: FilterHardware | undefined;
  /** Whether a card runs it. */
  readonly inHardware: boolean;
}

/** Where a route leads. */
export interface Route {
  /** Four or sixteen bytes, and how many bits of them count. */
  readonly destination: { readonly address: Uint8Array; readonly prefixLength: number };
  readonly interface: number;
  /** The next machine on the way; left out, the destination is on the interface's network. */
  readonly gateway?: Uint8Array | undefined;
  /** 254, the main one, when left out. */
  readonly table?: number | undefined;
}

/** Programs on the packets of a route, by when they run; or one that is the action on IPv6 segments. */
export type Tunnel =
  | {
      readonly kind: "bpf";
      readonly programs: { readonly [When in "in" | "out" | "xmit"]?: TunnelProgram };
      /** Bytes that `xmit` may put in front of packets, at most 256. */
      readonly headroom?: number | undefined;
    }
  | { readonly kind: "seg6local"; readonly program: TunnelProgram };

/** A program of a tunnel. */
export interface TunnelProgram {
  readonly program: Handle;
  /** For people; not empty. */
  readonly name: string;
}

/** Two `netkit` interfaces. */
export interface NetkitPair {
  /** Name of the one that programs are attached to, for both. */
  readonly primary: string;
  readonly peer: string;
  /** `l3` (when left out) has no Ethernet addresses. */
  readonly mode?: "l2" | "l3" | undefined;
}
