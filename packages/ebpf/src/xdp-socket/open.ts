/**
 * Opening sockets: memory, rings, a queue, and a program that sends packets there.
 * @module
 */
import { isAnything, isListOf } from "../base/checks.ts";
import { setTimeout as delay } from "node:timers/promises";
import { assertWord } from "../base/arguments.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { BusyError } from "../kernel/errors.ts";
import { interfaceIndexOf } from "../kernel/interface-index.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type {
  XdpSocketAccess,
  XdpSocketMode,
  XdpSocketRequest,
  XdpSocketRings,
} from "../kernel/xdp-socket.ts";
import type { Xskmap } from "../map/redirect-map.ts";
import type { XdpMode } from "../spec/program-spec.ts";
import { type RedirectOptions, XdpRedirect } from "./redirect.ts";
import { XdpSocketGroup } from "./socket-group.ts";
import { Umem, type UmemOptions } from "./umem.ts";
import { XdpSocket } from "./xdp-socket.ts";

/** What sockets of one interface have in common. */
export interface XdpInterfaceOptions extends UmemOptions {
  /** Name or number of the interface, in the network namespace of this process. */
  readonly interface: string | number;
  /**
   * Whether the driver puts packets into the memory itself; `auto` when left out: it does where it can. What was taken
   * is the socket's `mode`.
   */
  readonly mode?: XdpSocketMode;
  /** Whether the kernel may sleep until the rings say so, which costs least and is the default. */
  readonly wakeUp?: "when-needed" | "always";
  /** Entries of the rings, powers of two; 2048 each when left out. */
  readonly rings?: Partial<XdpSocketRings>;
  /** Memory shared with other sockets, lent; frames and sizes are its own then. Minimum kernel 5.10. */
  readonly umem?: Umem;
  /** Frames to receive into: half of those that are free when left out, and never more than the fill ring has entries. */
  readonly receiveFrames?: number;
  /**
   * What sends packets to the socket. Left out: a program of the library's own, which takes **all packets** of the queue;
   * the interface must have none then. A map: that of a program that is attached already, where the socket is put under
   * the number of its queue. `none`: nothing, for sockets that only send.
   */
  readonly map?: Xskmap | "none";
  /** Where the program of the library runs; `any` when left out. */
  readonly attachMode?: XdpMode;
}

/** What to open. */
export interface XdpSocketOptions extends XdpInterfaceOptions {
  /** Number of the queue, from 0 up; 0 when left out. */
  readonly queue?: number;
}

/** What to open, for several queues. */
export interface XdpSocketGroupOptions extends XdpInterfaceOptions {
  readonly queues: readonly number[];
}

const ringDefaults: XdpSocketRings = { fill: 2048, receive: 2048, send: 2048, completion: 2048 };
/** Most entries of a ring: as many as memory can have frames, and far more than one wants. */
const largestRing = 1 << 20;

/** Opens a socket; the caller closes it. What it throws, `openXdpSocket` of the entry point tells. */
export async function openSocket(kernel: Kernel, options: XdpSocketOptions): Promise<XdpSocket> {
  using owned = new DisposableStack();
  using guard = new DisposableStack();
  const sizes = sizesOf(options);
  const { umem = owned.use(new Umem(kernel, sizes)), queue = 0 } = options;
  const socket = guard.use(await openBare(kernel, { ...options, umem, queue }));
  connect(kernel, options, { sockets: [socket], owned });
  socket.adopt(owned.move());
  guard.move();
  return socket;
}

/** Opens a socket for each queue, with memory that they share; the caller closes the group. */
export async function openSockets(
  kernel: Kernel,
  options: XdpSocketGroupOptions,
): Promise<XdpSocketGroup> {
  const { queues } = options;
  isListOf(isAnything)(queues, "queues of a group of XDP sockets");
  if (queues.length === 0)
    throw new InvalidArgumentError("there are no queues to open sockets for");
  using owned = new DisposableStack();
  const sizes = { frames: framesPerQueue * queues.length, ...sizesOf(options) };
  const { umem = owned.use(new Umem(kernel, sizes)) } = options;
  const { receiveFrames = Math.floor(umem.freeFrames / (2 * queues.length)) } = options;
  const sockets: XdpSocket[] = [];
  for (const queue of queues) {
    const socket = await openBare(kernel, { ...options, receiveFrames, umem, queue });
    sockets.push(owned.use(socket));
  }
  connect(kernel, options, { sockets, owned });
  return new XdpSocketGroup(kernel, sockets, owned.move());
}

/** Frames that each socket of a group adds to their memory unless its size is given. */
const framesPerQueue = 4096;

/** Sees to it that packets get to the sockets. What is made for it goes into `owned`. */
function connect(
  kernel: Kernel,
  options: XdpInterfaceOptions,
  { sockets, owned }: { readonly sockets: readonly XdpSocket[]; readonly owned: DisposableStack },
): void {
  const { map = owned.use(new XdpRedirect(kernel, redirectOf(options, sockets))).map } = options;
  if (map === "none") return;
  for (const socket of sockets) map.set(socket.queue, socket);
}

function redirectOf(options: XdpInterfaceOptions, sockets: readonly XdpSocket[]): RedirectOptions {
  const { interface: target, attachMode } = options;
  const queues = 1 + Math.max(...sockets.map(({ queue }) => queue));
  return { interface: target, queues, ...(attachMode === undefined ? {} : { attachMode }) };
}

/** Sizes that are given; they must not be when the memory is. */
function sizesOf({ umem, frames, frameBytes, headroomBytes }: XdpInterfaceOptions): UmemOptions {
  const given = Object.entries({ frames, frameBytes, headroomBytes }).filter(
    ([, value]) => value !== undefined,
  );
  if (umem !== undefined && given.length > 0) {
    throw new InvalidArgumentError(`${given[0]![0]} and umem are given, and umem has its own`, {
      hint: "leave the sizes out, or give them to the Umem",
    });
  }
  return Object.fromEntries(given);
}

/** A socket that no packets go to yet. */
async function openBare(
  kernel: Kernel,
  options: XdpSocketOptions & { readonly umem: Umem; readonly queue: number },
): Promise<XdpSocket> {
  const { umem, queue, receiveFrames } = options;
  const request = requestOf(kernel, options);
  const { rings, interfaceName } = request;
  using stack = new DisposableStack();
  const access = stack.use(await whenFree(() => kernel.openXdpSocket(request)));
  const most = Math.min(receiveFrames ?? Math.floor(umem.freeFrames / 2), rings.fill);
  const hold = { kernel, interface: interfaceName, queue, umem, access, rings };
  const socket = new XdpSocket({ ...hold, receiveFrames: most });
  stack.move();
  return socket;
}

function requestOf(
  kernel: Kernel,
  options: XdpSocketOptions & { readonly umem: Umem; readonly queue: number },
): XdpSocketRequest {
  const { interface: target, umem, queue, mode = "auto", wakeUp = "when-needed" } = options;
  const rings = { ...ringDefaults, ...options.rings };
  assertNumbers(queue, rings, options.receiveFrames);
  assertWord(mode, ["auto", "copy", "zero-copy"], "the mode of a socket");
  assertWord(wakeUp, ["when-needed", "always"], "the way of waking the kernel");
  return {
    memory: umem.memory,
    interfaceIndex: interfaceIndexOf(kernel, target),
    interfaceName: `${target}`,
    queue,
    mode,
    wakeUp,
    rings,
  };
}

function assertNumbers(queue: number, rings: XdpSocketRings, receiveFrames = 0): void {
  if (!Number.isInteger(queue) || queue < 0 || queue >= 2 ** 32)
    throw new InvalidArgumentError(`there is no queue ${queue}`, { hint: "queues count from 0" });
  if (!Number.isInteger(receiveFrames) || receiveFrames < 0)
    throw new InvalidArgumentError(`a socket cannot receive into ${receiveFrames} frames`);
  for (const [name, entries] of Object.entries(rings)) {
    if (Number.isInteger(Math.log2(entries)) && entries <= largestRing) continue;
    throw new InvalidArgumentError(`the ${name} ring cannot have ${entries} entries`, {
      hint: `it has a power of two of them, at most ${largestRing}`,
    });
  }
}

/** Waits between attempts, in milliseconds. */
const pausesMs = [1, 5, 20, 50, 100, 200];

/**
 * What `open` returns. A queue whose socket was closed stays taken until a worker of the kernel has cleaned up
 * (net/xdp/xsk_buff_pool.c: xp_put_pool), so a queue that is taken is asked for again for a while.
 */
async function whenFree(open: () => XdpSocketAccess): Promise<XdpSocketAccess> {
  for (const pauseMs of pausesMs) {
    try {
      return open();
    } catch (error) {
      if (!(error instanceof BusyError)) throw error;
    }
    await delay(pauseMs);
  }
  return open();
}
