/**
 * AF_XDP sockets: opened, given memory and rings, bound to a queue, and moved packets through.
 * @module
 */
import type { Bridge, Xsk } from "@ts-ebpf/native";
import { ClosedError, InvalidArgumentError } from "../../base/errors.ts";
import { NotSupportedError } from "../../kernel/errors.ts";
import type {
  XdpSocketAccess,
  XdpSocketCounts,
  XdpSocketRequest,
} from "../../kernel/xdp-socket.ts";
import type { Caller } from "../call/caller.ts";
import { isErrno } from "../call/caller.ts";
import { raise } from "../call/failure.ts";
import { KernelRecord } from "../call/record.ts";
import { Fd } from "../fd.ts";
import { xdpStatistics } from "../generated/attributes.ts";
import { type MemoryUser, NativePacketMemory } from "./memory.ts";
import { bindSocket, levelXdp, openSocket, optionNames, ringOptions, setUp } from "./set-up.ts";

/** Numbers of the rings in the bridge. */
const rings = { fill: 0, completion: 1, receive: 2, send: 3 } as const;

/** {@link XdpSocketAccess} by the rings of the running kernel. */
export class NativeXdpSocket implements XdpSocketAccess {
  readonly handle: Fd;
  readonly zeroCopy: boolean;
  readonly #bridge: Bridge;
  readonly #memory: NativePacketMemory;
  readonly #user: MemoryUser;
  /** Without zero copy packets are sent by the system call, whatever the ring says. */
  readonly #wakeAlways: 0 | 1;
  #xsk: Xsk | undefined;

  private constructor(bridge: Bridge, parts: SocketParts, request: XdpSocketRequest) {
    this.#bridge = bridge;
    this.handle = parts.user.socket;
    this.zeroCopy = readZeroCopy(bridge, this.handle);
    this.#memory = parts.memory;
    this.#user = parts.user;
    this.#xsk = parts.xsk;
    this.#wakeAlways = this.zeroCopy && request.wakeUp === "when-needed" ? 0 : 1;
  }

  /**
   * Opens a socket and binds it to a queue. Privileges: CAP_NET_RAW. Minimum kernel 5.4, and 5.10 for memory that several
   * sockets share.
   * @throws {NotFoundError} when there is no such queue or interface; {@link BusyError} when the queue has a socket of
   * other memory; {@link NotSupportedError} when zero copy was asked for and the driver has none.
   */
  static open(caller: Caller, request: XdpSocketRequest): NativeXdpSocket {
    const { bridge } = caller;
    const memory = nativeMemory(request);
    using stack = new DisposableStack();
    const socket = stack.use(openSocket(caller, request));
    setUp(caller, { socket, memory, request });
    const xsk = stack.adopt(openRings(bridge, socket, request), (open) => bridge.xskClose(open));
    bindSocket(caller, { socket, memory, request });
    const { interfaceIndex, queue } = request;
    const user: MemoryUser = { socket, interfaceIndex, queue };
    const opened = new NativeXdpSocket(bridge, { memory, user, xsk }, request);
    assertMode(opened, request);
    memory.users.add(user);
    stack.move();
    return opened;
  }

  receive(places: Int32Array): number {
    return this.#moved(this.#bridge.xskTake(this.#open(), rings.receive, places), "receive");
  }

  fill(places: Int32Array, count: number): number {
    return this.#moved(this.#bridge.xskPut(this.#open(), rings.fill, places, count), "receive");
  }

  send(places: Int32Array, count: number): number {
    return this.#moved(this.#bridge.xskPut(this.#open(), rings.send, places, count), "send");
  }

  complete(places: Int32Array): number {
    return this.#moved(this.#bridge.xskTake(this.#open(), rings.completion, places), "send");
  }

  pendingSends(): number {
    return this.#moved(this.#bridge.xskPending(this.#open(), rings.send), "send");
  }

  wake(): void {
    const result = this.#bridge.xskWake(this.#open(), this.handle.raw, this.#wakeAlways);
    if (result < 0 && !isOnlyBusy(result)) {
      raise(-result, {
        text: `send through ${this.handle.label}`,
        meanings: { ENETDOWN: { reason: "the interface is down" } },
      });
    }
  }

  counts(): XdpSocketCounts {
    const record = new KernelRecord(xdpStatistics);
    readOption(this.#bridge, this.handle, { name: optionNames.statistics, value: record.bytes });
    return {
      receiveDropped: record.getBig(xdpStatistics.rxDropped),
      invalidFillEntries: record.getBig(xdpStatistics.rxInvalidDescs),
      invalidSendEntries: record.getBig(xdpStatistics.txInvalidDescs),
      receiveRingFull: record.getBig(xdpStatistics.rxRingFull),
      fillRingEmpty: record.getBig(xdpStatistics.rxFillRingEmptyDescs),
      sendRingEmpty: record.getBig(xdpStatistics.txRingEmptyDescs),
    };
  }

  close(): void {
    if (this.#xsk === undefined) return;
    this.#bridge.xskClose(this.#xsk);
    this.#xsk = undefined;
    this.#memory.users.delete(this.#user);
    this.handle.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #open(): Xsk {
    if (this.#xsk === undefined) throw new ClosedError(this.handle.label);
    return this.#xsk;
  }

  #moved(result: number, what: "send" | "receive"): number {
    if (result >= 0) return result;
    return raise(-result, {
      text: `${what} through ${this.handle.label}`,
      meanings: { EIO: { reason: "somebody else moved the positions of its rings" } },
    });
  }
}

/** What a socket is made of. */
interface SocketParts {
  readonly memory: NativePacketMemory;
  readonly user: MemoryUser;
  readonly xsk: Xsk;
}

/** The memory of a request, which must have no socket on the same queue: those would have to share two rings. */
function nativeMemory(request: XdpSocketRequest): NativePacketMemory {
  const { memory, interfaceIndex, queue, interfaceName } = request;
  if (!(memory instanceof NativePacketMemory)) {
    throw new InvalidArgumentError("this memory for packets is not of the native kernel");
  }
  if (memory.bytes.length === 0) throw new ClosedError("the memory for packets");
  for (const user of memory.users) {
    if (user.interfaceIndex !== interfaceIndex || user.queue !== queue) continue;
    throw new InvalidArgumentError(
      `queue ${queue} of ${interfaceName} has a socket of this memory already`,
      { hint: "sockets that share memory are of different queues or interfaces" },
    );
  }
  return memory;
}

function openRings(bridge: Bridge, socket: Fd, { rings: sizes, memory }: XdpSocketRequest): Xsk {
  const entries = Int32Array.from(ringOptions, ([name]) => sizes[name]);
  const xsk = bridge.xskOpen(socket.raw, entries, memory.bytes);
  if (typeof xsk !== "number") return xsk;
  return raise(-xsk, {
    text: `map the rings of ${socket.label} into memory`,
    requires: [{ feature: "AF_XDP sockets that tell when to wake them", since: [5, 4] }],
  });
}

/** What was asked for and is not told by binding: a socket that shares memory has the mode of those before it. */
function assertMode(
  { zeroCopy }: NativeXdpSocket,
  { mode, interfaceName }: XdpSocketRequest,
): void {
  if (mode === "auto" || zeroCopy === (mode === "zero-copy")) return;
  throw new NotSupportedError(`mode "${mode}" on ${interfaceName}`, {
    hint: "sockets that share memory all have the mode of the first; leave the mode out",
  });
}

const zeroCopyBit = 1; // XDP_OPTIONS_ZEROCOPY of include/uapi/linux/if_xdp.h

function readZeroCopy(bridge: Bridge, socket: Fd): boolean {
  const value = new Uint32Array(1);
  const bytes = new Uint8Array(value.buffer);
  readOption(bridge, socket, { name: optionNames.options, value: bytes });
  return (value[0]! & zeroCopyBit) !== 0;
}

/** Reads an option of the socket. */
function readOption(
  bridge: Bridge,
  socket: Fd,
  { name, value }: { readonly name: number; readonly value: Uint8Array },
): void {
  const result = bridge.getSocketOption(socket.raw, levelXdp, name, value);
  if (result < 0) raise(-result, { text: `read an option of ${socket.label}` });
}

/** The device works on the queue at this moment, or has no room: what waits is sent by one of the next calls. */
function isOnlyBusy(result: number): boolean {
  return (["EAGAIN", "EBUSY", "ENOBUFS", "EINTR"] as const).some((name) => isErrno(result, name));
}
