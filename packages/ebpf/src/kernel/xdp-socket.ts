/**
 * AF_XDP sockets below the seam: memory for packets, and the rings by which frames of it go back and forth.
 *
 * A frame has one owner at any time. User space gives frames away by the rings `fill` and `send` and gets them back by
 * `receive` and `complete`; who has which frame is for the layer above to know.
 * @module
 */
import type { Handle } from "./handle.ts";

/** Memory for packets, cut into frames of equal size: the kernel's UMEM. */
export interface PacketMemoryRequest {
  /** Number of frames; together they are whole pages and at most 1 GiB. */
  readonly frames: number;
  /** Size of a frame: 2048 or 4096, or more where pages are larger; a power of two. */
  readonly frameBytes: number;
  /** Room to leave in front of each packet that arrives, behind the 256 bytes that the kernel leaves anyway. */
  readonly headroomBytes: number;
}

/** Memory for packets, of this process and of the sockets that are opened over it. */
export interface PacketMemory extends PacketMemoryRequest, Disposable {
  /** All frames, one behind the other; empty after `close`. */
  readonly bytes: Uint8Array;
  /** Takes the memory away from this process; the kernel keeps it as long as a socket uses it. */
  close(): void;
}

/** Whether the driver puts packets into the memory itself, or the kernel copies them. `auto` takes what there is. */
export type XdpSocketMode = "auto" | "copy" | "zero-copy";

/** How many entries each ring has: powers of two. */
export interface XdpSocketRings {
  /** Frames to receive into. */
  readonly fill: number;
  /** Packets that have arrived. */
  readonly receive: number;
  /** Packets to send. */
  readonly send: number;
  /** Frames whose packets have been sent. */
  readonly completion: number;
}

/** A socket to open. */
export interface XdpSocketRequest {
  readonly memory: PacketMemory;
  readonly interfaceIndex: number;
  /** What messages call the interface. */
  readonly interfaceName: string;
  readonly queue: number;
  readonly mode: XdpSocketMode;
  /** Whether the kernel may sleep and be woken when the rings say so (since 5.4), or is called every time. */
  readonly wakeUp: "when-needed" | "always";
  readonly rings: XdpSocketRings;
}

/** What the kernel counts of a socket: `struct xdp_statistics`. */
export interface XdpSocketCounts {
  /** Packets that were dropped for other reasons: too large for a frame, for example. */
  readonly receiveDropped: bigint;
  /** Frames of the fill ring that lay outside of the memory. */
  readonly invalidFillEntries: bigint;
  /** Packets of the send ring that lay outside of the memory, or were too long. */
  readonly invalidSendEntries: bigint;
  /** Packets that were dropped because the receive ring was full. Minimum kernel 5.9, like those below. */
  readonly receiveRingFull: bigint;
  /** Packets that were dropped because there was no frame to put them in. */
  readonly fillRingEmpty: bigint;
  /** Times that the kernel found nothing to send. */
  readonly sendRingEmpty: bigint;
}

/**
 * The rings of one socket. `places` are two numbers for each frame or packet: start in the memory and length, both in
 * bytes; the length of a frame is not looked at. Each call moves many and allocates nothing.
 */
export interface XdpSocketAccess extends Disposable {
  readonly handle: Handle;
  /** Whether packets are not copied. */
  readonly zeroCopy: boolean;
  /** Takes packets that have arrived; their frames are the caller's. Returns how many. */
  receive(places: Int32Array): number;
  /** Gives the first `count` frames to the kernel to receive into. Returns how many there was room for. */
  fill(places: Int32Array, count: number): number;
  /** Gives the first `count` packets to the kernel to send. Returns how many there was room for. */
  send(places: Int32Array, count: number): number;
  /** Takes frames whose packets have been sent; their length is 0. Returns how many. */
  complete(places: Int32Array): number;
  /** Packets given to the kernel that it has not looked at yet. */
  pendingSends(): number;
  /**
   * Wakes the kernel where it sleeps and a ring has work for it. Without zero copy this is what sends packets.
   * @throws {SyscallError} when sending fails, for example because the interface is down.
   */
  wake(): void;
  counts(): XdpSocketCounts;
  close(): void;
}
