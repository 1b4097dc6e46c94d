/**
 * Memory for packets that sockets receive into and send from, shared by several or owned by one.
 * @module
 */
import { viewOf } from "../base/bytes.ts";
import { ClosedError, InvalidArgumentError } from "../base/errors.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { PacketMemory } from "../kernel/xdp-socket.ts";
import { FramePool } from "./frame-pool.ts";

/** Size of memory for packets. */
export interface UmemOptions {
  /** Number of frames, 4096 when left out: together whole pages and at most 1 GiB. Each holds one packet. */
  readonly frames?: number;
  /** Size of a frame: 4096 when left out, or 2048. Packets are up to 256 bytes and the headroom shorter. */
  readonly frameBytes?: number;
  /** Room in front of each packet that arrives, to put headers there; 0 when left out. */
  readonly headroomBytes?: number;
}

const defaults: Required<UmemOptions> = { frames: 4096, frameBytes: 4096, headroomBytes: 0 };

/** XDP_UMEM_MIN_CHUNK_SIZE of include/net/xdp_sock.h. */
const smallestFrame = 2048;
/** XDP_PACKET_HEADROOM of include/uapi/linux/bpf.h: what the kernel leaves free in front of each packet. */
const kernelHeadroom = 256;

/**
 * Memory for packets (the kernel's word is UMEM). Whoever opened it closes it, after the sockets that use it. Packets
 * that lie in it can be sent by each of them without being copied.
 */
export class Umem implements Disposable {
  readonly kernel: Kernel;
  readonly #memory: PacketMemory;
  readonly #view: DataView;
  readonly #pool: FramePool;

  constructor(kernel: Kernel, options: UmemOptions = {}) {
    const request = { ...defaults, ...options };
    assertSizes(request);
    this.kernel = kernel;
    this.#memory = kernel.openPacketMemory(request);
    this.#view = viewOf(this.#memory.bytes);
    this.#pool = new FramePool(request.frames, request.frameBytes);
  }

  /** Number of frames. */
  get frames(): number {
    return this.#memory.frames;
  }

  /** Size of a frame. */
  get frameBytes(): number {
    return this.#memory.frameBytes;
  }

  /** Frames that no socket has now. */
  get freeFrames(): number {
    return this.#pool.free;
  }

  get closed(): boolean {
    return this.#memory.bytes.length === 0;
  }

  /** The memory as the kernel knows it, lent to sockets. @throws {ClosedError} after `close`. */
  get memory(): PacketMemory {
    if (this.closed) throw new ClosedError("the memory for packets");
    return this.#memory;
  }

  /** All frames as one view. After `close` every access to it throws a TypeError. */
  get view(): DataView {
    return this.#view;
  }

  /** Who has which frame; for sockets. */
  get pool(): FramePool {
    return this.#pool;
  }

  close(): void {
    this.#memory.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** What holds on all machines; that frames are whole pages is for the kernel's side to check, which knows the page. */
function assertSizes({ frames, frameBytes, headroomBytes }: Required<UmemOptions>): void {
  if (!Number.isSafeInteger(frames) || frames < 1) {
    throw new InvalidArgumentError(`${frames} frames make no memory for packets`);
  }
  if (!Number.isInteger(Math.log2(frameBytes)) || frameBytes < smallestFrame) {
    throw new InvalidArgumentError(`frames of ${frameBytes} bytes are not possible`, {
      hint: "a frame has 2048 or 4096 bytes; chunks that are not aligned are not supported",
    });
  }
  const most = frameBytes - kernelHeadroom - 1;
  if (!Number.isInteger(headroomBytes) || headroomBytes < 0 || headroomBytes > most) {
    throw new InvalidArgumentError(
      `headroom of ${headroomBytes} bytes leaves no room for packets in frames of ${frameBytes}`,
      {
        hint: `it is a number from 0 to ${most}: the kernel takes ${kernelHeadroom} bytes besides`,
      },
    );
  }
}
