/**
 * Memory for packets: anonymous pages of this process, lent to the kernel socket by socket.
 *
 * The kernel pins the pages when the first socket registers them, and knows them afterwards only through sockets that
 * use them. So the memory remembers its sockets, and one that comes later is tied to any of those.
 * @module
 */
import type { Bridge } from "@ts-ebpf/native";
import { assertPacketMemory } from "../../kernel/packet-memory.ts";
import type { PacketMemory, PacketMemoryRequest } from "../../kernel/xdp-socket.ts";
import { raise } from "../call/failure.ts";
import type { Fd } from "../fd.ts";

// include/uapi/asm-generic/mman-common.h; the same on all architectures. Shared, so that a child process that is forked
// off never makes the kernel write to other pages than those this process reads.
const protReadWrite = 3;
const mapSharedAnonymous = 0x21;

/** A socket that uses the memory, and which queue it is of. */
export interface MemoryUser {
  readonly socket: Fd;
  readonly interfaceIndex: number;
  readonly queue: number;
}

/** {@link PacketMemory} of this process. */
export class NativePacketMemory implements PacketMemory {
  readonly frames: number;
  readonly frameBytes: number;
  readonly headroomBytes: number;
  /** Sockets that use the memory now. */
  readonly users: Set<MemoryUser> = new Set();
  readonly #bridge: Bridge;
  #bytes: Uint8Array;

  /** @throws {InvalidArgumentError} when the kernel would refuse the sizes; {@link NoSpaceError} without memory. */
  constructor(bridge: Bridge, request: PacketMemoryRequest) {
    assertPacketMemory(request, bridge.pageSize());
    const { frames, frameBytes, headroomBytes } = request;
    const memory = bridge.map(-1, frames * frameBytes, protReadWrite, mapSharedAnonymous, 0);
    if (typeof memory === "number") raise(-memory, { text: "allocate memory for packets" });
    this.frames = frames;
    this.frameBytes = frameBytes;
    this.headroomBytes = headroomBytes;
    this.#bridge = bridge;
    this.#bytes = new Uint8Array(memory);
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  close(): void {
    const { buffer } = this.#bytes;
    if (buffer.byteLength === 0) return;
    this.#bridge.unmap(buffer as ArrayBuffer);
    this.#bytes = new Uint8Array();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
