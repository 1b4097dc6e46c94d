/**
 * AF_XDP sockets: packets of a network interface in memory that this process shares with the kernel.
 *
 * A socket belongs to one queue of an interface. It gets what an XDP program redirects to it, and sends whole Ethernet
 * frames; the kernel's network stack sees neither. This is an entry point of its own, so that programs without such
 * sockets do not load it.
 * @module
 */
import { assertOptions, type Checks, isObject } from "./base/checks.ts";
import { assertKernel } from "./kernel/assert-kernel.ts";
import type { Kernel } from "./kernel/kernel.ts";
import { openNativeKernel } from "./sys/native-kernel.ts";
import {
  openSocket,
  openSockets,
  type XdpSocketGroupOptions,
  type XdpSocketOptions,
} from "./xdp-socket/open.ts";
import {
  groupChecks,
  redirectChecks,
  socketChecks,
  umemChecks,
} from "./xdp-socket/option-checks.ts";
import { type RedirectOptions, XdpRedirect } from "./xdp-socket/redirect.ts";
import type { XdpSocketGroup } from "./xdp-socket/socket-group.ts";
import { Umem, type UmemOptions } from "./xdp-socket/umem.ts";
import type { XdpSocket } from "./xdp-socket/xdp-socket.ts";

export type { PacketBatch, PacketSender } from "./xdp-socket/packet-batch.ts";
export { readPackets, type PacketSource } from "./xdp-socket/read-packets.ts";
export type { XdpSocketGroup } from "./xdp-socket/socket-group.ts";
export type { XdpSocket, XdpSocketStatistics } from "./xdp-socket/xdp-socket.ts";
export type {
  XdpInterfaceOptions,
  XdpSocketGroupOptions,
  XdpSocketOptions,
} from "./xdp-socket/open.ts";
export type { RedirectOptions, Umem, UmemOptions, XdpRedirect };

/** The kernel to ask. */
export interface InKernel {
  /** The running one when left out. */
  readonly kernel?: Kernel;
}

/**
 * Opens a socket of one queue; the caller closes it, best with `using`. Unless told otherwise it has memory of its own,
 * and a program of the library's is attached to the interface, which sends **all packets of the queue** to the socket.
 * While that is so the kernel does not see them: no connection through that queue works.
 *
 * Minimum kernel 5.9; privileges: CAP_NET_RAW, and CAP_BPF and CAP_NET_ADMIN for the program.
 * @throws {NotFoundError} when there is no such interface or queue.
 * @throws {BusyError} when another socket has the queue, or another XDP program the interface.
 * @throws {NotSupportedError} when zero copy is asked for and the driver has none.
 * @throws {NoSpaceError} when the memory is more than the process may lock (`ulimit -l`).
 * @throws {InvalidArgumentError} when sizes cannot be meant.
 */
export async function openXdpSocket(given: XdpSocketOptions & InKernel): Promise<XdpSocket> {
  const { kernel, options } = partsOf(given, socketChecks, "an XDP socket");
  return openSocket(kernel, options);
}

/**
 * Opens a socket for each of several queues of an interface; the caller closes the group. They share memory, and a
 * program unless a map is given. Minimum kernel 5.10; the rest is as with {@link openXdpSocket}.
 */
export async function openXdpSockets(
  given: XdpSocketGroupOptions & InKernel,
): Promise<XdpSocketGroup> {
  const { kernel, options } = partsOf(given, groupChecks, "a group of XDP sockets");
  return openSockets(kernel, options);
}

/**
 * Allocates memory for the packets of several sockets; the caller closes it after them.
 * @throws {InvalidArgumentError} when frames have an impossible size, or are more than 1 GiB together.
 */
export function openUmem(given: UmemOptions & InKernel = {}): Umem {
  const { kernel, options } = partsOf(given, umemChecks, "memory for packets");
  return new Umem(kernel, options);
}

/**
 * Attaches the program that sends packets of each queue to the socket in its map, for sockets that come and go (option
 * `map` of {@link openXdpSocket}); the caller closes it. Packets of queues without a socket go their usual way.
 * @throws {BusyError} when the interface has an XDP program; {@link NotFoundError} when there is no such interface.
 */
export function redirectToSockets(given: RedirectOptions & InKernel): XdpRedirect {
  const { kernel, options } = partsOf(given, redirectChecks, "a redirection to sockets");
  return new XdpRedirect(kernel, options);
}

/** The kernel, and the other options once they have been looked at. */
function partsOf<Options extends InKernel>(
  given: Options,
  checks: Checks<Omit<Options, "kernel">>,
  what: string,
): { readonly kernel: Kernel; readonly options: Omit<Options, "kernel"> } {
  isObject(given, `what is said of ${what}`);
  const { kernel = openNativeKernel(), ...options } = given;
  assertKernel(kernel);
  assertOptions(options, checks, what);
  return { kernel, options };
}
