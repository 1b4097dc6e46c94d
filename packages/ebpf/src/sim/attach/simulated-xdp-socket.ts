/**
 * AF_XDP sockets of the simulated kernel: frames that go round between a test and what it lets come in (net/xdp/xsk.c).
 *
 * Packets are copied into frames that the socket was given, as without a driver that does it. What it sends leaves
 * through its interface, where a test finds it (`takeSent`); nobody is at the other end.
 * @module
 */
import type { Meanings } from "../../kernel/failure.ts";
import { assertPacketMemory } from "../../kernel/packet-memory.ts";
import type {
  PacketMemory,
  PacketMemoryRequest,
  XdpSocketAccess,
  XdpSocketCounts,
  XdpSocketRequest,
} from "../../kernel/xdp-socket.ts";
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import { ObjectStore } from "../map/object-store.ts";
import type { MapStore } from "../map/store.ts";
import { SimulatedHandle, SimulatedObject } from "../object.ts";

/** Memory for packets: bytes of this process. */
export class SimulatedPacketMemory implements PacketMemory {
  readonly frames: number;
  readonly frameBytes: number;
  readonly headroomBytes: number;
  #bytes: Uint8Array;

  /** @throws {InvalidArgumentError} when a kernel would refuse the sizes. */
  constructor(request: PacketMemoryRequest, pageBytes: number) {
    assertPacketMemory(request, pageBytes);
    this.frames = request.frames;
    this.frameBytes = request.frameBytes;
    this.headroomBytes = request.headroomBytes;
    this.#bytes = new Uint8Array(request.frames * request.frameBytes);
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  close(): void {
    this.#bytes = new Uint8Array();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Where a packet has come in. */
export interface ArrivedAt {
  readonly interface: number;
  readonly queue: number;
}

/** A packet in a frame: start in the memory and length. */
type Place = readonly [start: number, length: number];

/** XDP_PACKET_HEADROOM of include/uapi/linux/bpf.h. */
const kernelHeadroom = 256;

/** A socket of one queue. */
export class SimulatedXdpSocket extends SimulatedObject {
  readonly kind = "socket";
  readonly request: XdpSocketRequest;
  readonly fill: number[] = [];
  readonly received: Place[] = [];
  readonly sending: Place[] = [];
  readonly completed: number[] = [];
  readonly counts: { -readonly [Name in keyof XdpSocketCounts]: bigint } = {
    receiveDropped: 0n,
    invalidFillEntries: 0n,
    invalidSendEntries: 0n,
    receiveRingFull: 0n,
    fillRingEmpty: 0n,
    sendRingEmpty: 0n,
  };
  /** Ends what others have of it, when it is closed. */
  readonly leaving: Set<() => void> = new Set();
  /** The memory, which is the kernel's as long as the socket is. */
  readonly #bytes: Uint8Array;

  constructor(request: XdpSocketRequest) {
    super(`the AF_XDP socket of queue ${request.queue} of ${request.interfaceName}`);
    this.request = request;
    this.#bytes = request.memory.bytes;
  }

  override get readable(): boolean {
    return this.received.length > 0;
  }

  /** Puts a packet into a frame; false when it is dropped. */
  deliver(packet: Uint8Array, at: ArrivedAt): boolean {
    const { interfaceIndex, queue, memory, rings } = this.request;
    if (at.interface !== interfaceIndex || at.queue !== queue) return false;
    const room = memory.frameBytes - kernelHeadroom - memory.headroomBytes;
    if (packet.length > room) return this.#drop("receiveDropped");
    if (this.received.length >= rings.receive) return this.#drop("receiveRingFull");
    const frame = this.#nextFrame();
    if (frame === undefined) {
      this.counts.receiveDropped += 1n;
      return this.#drop("fillRingEmpty");
    }
    const start = frame - (frame % memory.frameBytes) + kernelHeadroom + memory.headroomBytes;
    this.#bytes.set(packet, start);
    this.received.push([start, packet.length]);
    this.wakeReaders();
    return true;
  }

  /** Sends what is to be sent, as far as there is room to say so. */
  transmit(send: (frame: Uint8Array) => void): void {
    if (this.sending.length === 0) this.counts.sendRingEmpty += 1n;
    while (this.sending.length > 0 && this.completed.length < this.request.rings.completion) {
      const [start, length] = this.sending.shift()!;
      if (!this.#isWithin(start, length)) {
        this.counts.invalidSendEntries += 1n;
        continue;
      }
      send(this.#bytes.slice(start, start + length));
      this.completed.push(start);
    }
  }

  /** A frame to receive into. */
  #nextFrame(): number | undefined {
    for (let frame = this.fill.shift(); frame !== undefined; frame = this.fill.shift()) {
      if (frame >= 0 && frame < this.#bytes.length) return frame;
      this.counts.invalidFillEntries += 1n;
    }
    return undefined;
  }

  /** Whether a packet lies in one frame of the memory. */
  #isWithin(start: number, length: number): boolean {
    const { frameBytes } = this.request.memory;
    const isInside = start >= 0 && start + length <= this.#bytes.length;
    return isInside && length > 0 && (start % frameBytes) + length <= frameBytes;
  }

  #drop(why: keyof XdpSocketCounts): false {
    this.counts[why] += 1n;
    return false;
  }
}

/** Puts a socket into a map of such sockets: 0 or a negated errno. */
export function joinXskmap(store: MapStore, socket: SimulatedObject): number {
  if (!(socket instanceof SimulatedXdpSocket)) return failed.operationNotSupported;
  if (store instanceof ObjectStore) socket.leaving.add(() => store.forget(socket));
  return 0;
}

/**
 * Opens a socket.
 * @throws {NotFoundError} when there is no such queue; {@link BusyError} when it is taken by one with other memory.
 * @throws {NotSupportedError} for packets that are not copied.
 */
export function openXdpSocket(core: Core, request: XdpSocketRequest): XdpSocketAccess {
  const { interfaceIndex, interfaceName, queue, memory, mode } = request;
  const at = `${interfaceIndex} ${queue}`;
  const other = core.xdpSockets.get(at);
  const { interfaces } = core;
  const results: readonly (readonly [refused: boolean, result: number])[] = [
    [!interfaces.has(interfaceIndex), failed.noDevice],
    [queue >= interfaces.queues(interfaceIndex), failed.invalid],
    [other !== undefined && other.request.memory !== memory, failed.busy],
    [other !== undefined, failed.invalid],
    [mode === "zero-copy", failed.operationNotSupported],
  ];
  const result = results.find(([isRefused]) => isRefused)?.[1] ?? 0;
  core.check(result, "mapUpdateElem", () => ({
    text: `bind the AF_XDP socket of queue ${queue} of ${interfaceName}`,
    meanings: bindMeanings(request),
  }));
  const socket = new SimulatedXdpSocket(request);
  core.xdpSockets.set(at, socket);
  socket.leaving.add(() => core.xdpSockets.delete(at));
  return new SimulatedXdpSocketAccess(core, socket);
}

function bindMeanings({ interfaceName, queue }: XdpSocketRequest): Meanings {
  return {
    EINVAL: {
      kind: "not-found",
      reason: `${interfaceName} has no queue ${queue} that is free`,
      hint: "queues count from 0: addInterface(name, { queues })",
    },
    ENODEV: { reason: `${interfaceName} is not there` },
    EBUSY: { reason: `another AF_XDP socket has queue ${queue} of ${interfaceName}` },
    EOPNOTSUPP: { feature: "zero copy on the simulated kernel", hint: 'mode "auto" copies' },
  };
}

/** The rings of a socket. */
class SimulatedXdpSocketAccess implements XdpSocketAccess {
  readonly handle: SimulatedHandle;
  readonly zeroCopy = false;
  readonly #core: Core;
  readonly #socket: SimulatedXdpSocket;

  constructor(core: Core, socket: SimulatedXdpSocket) {
    this.#core = core;
    this.#socket = socket;
    this.handle = new SimulatedHandle(socket);
  }

  receive(places: Int32Array): number {
    return put(places, this.#socket.received.splice(0, places.length / 2));
  }

  fill(places: Int32Array, count: number): number {
    const { fill, request } = this.#socket;
    const taken = Math.min(count, request.rings.fill - fill.length);
    for (let index = 0; index < taken; index++) fill.push(places[2 * index]!);
    return taken;
  }

  send(places: Int32Array, count: number): number {
    const { sending, request } = this.#socket;
    const taken = Math.min(count, request.rings.send - sending.length);
    for (let index = 0; index < taken; index++)
      sending.push([places[2 * index]!, places[2 * index + 1]!]);
    return taken;
  }

  complete(places: Int32Array): number {
    const taken = this.#socket.completed.splice(0, places.length / 2);
    return put(
      places,
      taken.map((start) => [start, 0]),
    );
  }

  pendingSends(): number {
    return this.#socket.sending.length;
  }

  wake(): void {
    const { interfaces } = this.#core;
    const { interfaceIndex } = this.#socket.request;
    this.#socket.transmit((frame) => interfaces.transmit(interfaceIndex, frame));
  }

  counts(): XdpSocketCounts {
    return { ...this.#socket.counts };
  }

  close(): void {
    if (this.handle.closed) return;
    for (const leave of this.#socket.leaving) leave();
    this.handle.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function put(places: Int32Array, packets: readonly Place[]): number {
  for (const [index, [start, length]] of packets.entries()) {
    places[2 * index] = start;
    places[2 * index + 1] = length;
  }
  return packets.length;
}
