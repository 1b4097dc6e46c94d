/**
 * AF_XDP sockets: packets of one queue of a network interface, past the kernel's network stack.
 *
 * A received packet lies in a frame that is the reader's until it goes on; then the frame goes back to be received into.
 * Frames to send from are taken from those that are free, and come back when the packets have left. Nothing runs but the
 * event loop: it wakes the reader when there is something to read.
 * @module
 */
import { isFunction } from "../base/checks.ts";
import { ClosedError, InvalidArgumentError } from "../base/errors.ts";
import type { Handle } from "../kernel/handle.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { XdpSocketAccess, XdpSocketCounts, XdpSocketRings } from "../kernel/xdp-socket.ts";
import { BatchConsumer, type ConsumeOptions } from "../stream/batch-consumer.ts";
import type { Waitable } from "../stream/readiness.ts";
import { timeoutOf, type WaitOptions } from "../stream/waiting.ts";
import type { Owner } from "./frame-pool.ts";
import { PacketBatch, type PacketSender } from "./packet-batch.ts";
import { readPackets } from "./read-packets.ts";
import type { Umem } from "./umem.ts";

/** What a socket is made of. */
export interface XdpSocketHold {
  readonly kernel: Kernel;
  readonly interface: string;
  readonly queue: number;
  readonly umem: Umem;
  /** Owned by the socket from now on. */
  readonly access: XdpSocketAccess;
  readonly rings: XdpSocketRings;
  /** Frames to receive into. */
  readonly receiveFrames: number;
}

/** What a socket has done, and what the kernel could not. */
export interface XdpSocketStatistics extends XdpSocketCounts {
  /** Packets that a reader has got. */
  readonly received: number;
  /** Times that packets were fetched. */
  readonly batches: number;
  /** Packets given to the kernel to send. */
  readonly sent: number;
  /** Packets of those whose frames have come back: they have left, or were dropped on their way. */
  readonly completed: number;
}

/** Packets handed out at once: few enough that those fetched into the processor's cache are there when they are read. */
const packetsPerBatch = 512;

/** Pause between looks at what has been sent: the kernel does not tell when frames have come back. */
const pauseMs = 1;

/** A live socket. Iterating over it waits for packets and yields them in batches; leaving the loop stops. */
export class XdpSocket implements Disposable, Waitable, PacketSender, AsyncIterable<PacketBatch> {
  readonly kernel: Kernel;
  /** Name of the interface, or its number as text. */
  readonly interface: string;
  readonly queue: number;
  readonly umem: Umem;
  /** Whether the driver puts packets into the memory itself. */
  readonly mode: "copy" | "zero-copy";
  /** Readers that wait for packets; closing the socket ends them. */
  readonly waiting: Set<Disposable> = new Set();
  readonly #access: XdpSocketAccess;
  readonly #owner: Owner;
  readonly #receiveFrames: number;
  readonly #received: PacketBatch;
  readonly #reserved: PacketBatch;
  /** Frames on their way to or from the kernel, during a call. */
  readonly #places: Int32Array;
  /** Which packets of a batch those are. */
  readonly #indexes: Int32Array;
  readonly #resources = new DisposableStack();
  /** Frames that the kernel receives into, or that the reader has. */
  #receiving = 0;
  readonly #counters = { received: 0, batches: 0, sent: 0, completed: 0 };

  constructor(hold: XdpSocketHold) {
    const { umem, access, rings } = hold;
    this.kernel = hold.kernel;
    this.interface = hold.interface;
    this.queue = hold.queue;
    this.umem = umem;
    this.mode = access.zeroCopy ? "zero-copy" : "copy";
    this.#access = this.#resources.use(access);
    this.#owner = umem.pool.newOwner();
    this.#receiveFrames = hold.receiveFrames;
    this.#received = new PacketBatch(this, umem, Math.min(rings.receive, packetsPerBatch));
    this.#reserved = new PacketBatch(this, umem, rings.send);
    const most = Math.max(rings.fill, rings.send, rings.completion);
    this.#places = new Int32Array(2 * most);
    this.#indexes = new Int32Array(rings.send);
    this.#topUp();
  }

  get closed(): boolean {
    return this.#access.handle.closed;
  }

  /** The handle, lent: to put the socket into an xskmap. @throws {ClosedError} after `close`. */
  get handle(): Handle {
    this.#assertOpen();
    return this.#access.handle;
  }

  /** Packets given to the kernel whose frames have not come back. */
  get inFlight(): number {
    return this.#counters.sent - this.#counters.completed;
  }

  /** Lets `resource` be closed along with the socket, before it. */
  adopt(resource: Disposable): void {
    this.#resources.use(resource);
  }

  /**
   * Packets as they come, in batches of all that are there: `for await (const batch of socket.packets({ signal }))`.
   * The packets lie in the memory shared with the kernel, valid until the loop goes on. Leaving the loop, the signal and
   * the time-out end it. There is one reader at a time.
   */
  packets(options: WaitOptions = {}): AsyncGenerator<PacketBatch, void> {
    return readPackets(this.kernel, [this], options);
  }

  [Symbol.asyncIterator](): AsyncGenerator<PacketBatch, void> {
    return this.packets();
  }

  /**
   * Calls `onBatch` with all packets that are there, from the event loop, until the consumer is closed: the fastest way
   * to read. The batch is valid during the call.
   */
  consume(
    onBatch: (batch: PacketBatch) => void,
    options: ConsumeOptions = {},
  ): BatchConsumer<PacketBatch> {
    isFunction(onBatch, "what takes the packets");
    return new BatchConsumer(this.kernel, this, (batch) => onBatch(batch), options);
  }

  /** The packets that are there, valid until `release` or the next call; `undefined` when there are none. */
  fetch(): PacketBatch | undefined {
    this.#assertOpen();
    const batch = this.#received;
    if (batch.length > 0) this.release();
    const count = this.#access.receive(batch.places);
    if (count === 0) return undefined;
    this.#counters.received += count;
    this.#counters.batches += 1;
    return batch.fill(count);
  }

  /** Ends the use of what `fetch` returned: what was not sent from there is received into again. */
  release(): void {
    const batch = this.#received;
    if (this.closed || batch.length === 0) return;
    const given = batch.length - batch.left;
    const left = batch.compact();
    const filled = left === 0 ? 0 : this.#access.fill(batch.places, left);
    if (filled < left) this.umem.pool.give(batch.places, filled, left - filled);
    this.#receiving -= given + left - filled;
    batch.fill(0);
    if (this.#receiving < this.#receiveFrames) this.#topUp();
    if (this.mode === "zero-copy") this.#access.wake();
  }

  /**
   * Copies packets, whole Ethernet frames, into free frames and sends them. Returns how many: the rest found no free
   * frame or no room in the send ring.
   * @throws {InvalidArgumentError} when one is empty or does not fit a frame; nothing is sent then.
   * @throws {SyscallError} when the kernel cannot send, for example because the interface is down.
   */
  send(packets: readonly Uint8Array[]): number {
    for (const packet of packets) this.#assertFits(packet?.length);
    const batch = this.reserve(packets.length);
    for (let index = 0; index < batch.length; index++) {
      const packet = packets[index]!;
      batch.packet(index).set(packet);
      batch.resize(index, packet.length);
    }
    return this.sendBatch(batch);
  }

  /**
   * Sends packets, as `send` does, and waits for room until all are given to the kernel or the signal or time-out ends
   * it. Returns how many were.
   */
  async sendAll(packets: readonly Uint8Array[], options: WaitOptions = {}): Promise<number> {
    timeoutOf(options);
    let sent = this.send(packets);
    await pollUntil(() => {
      if (sent < packets.length) sent += this.send(packets.slice(sent));
      return sent === packets.length;
    }, options);
    return sent;
  }

  /**
   * Waits until every packet given to the kernel has left: closing the socket may drop those that have not. False when the
   * signal or the time-out came first.
   */
  flush(options: WaitOptions = {}): Promise<boolean> {
    return pollUntil(() => {
      this.complete();
      return this.inFlight === 0;
    }, options);
  }

  /**
   * Free frames to write packets into, at most `count`: each as long as a frame, so `resize` what is written. They are
   * valid until the next call of this or of `send`; `sendBatch` sends them.
   * @throws {InvalidArgumentError} when `count` is no natural number.
   */
  reserve(count: number): PacketBatch {
    if (!Number.isInteger(count) || count < 0)
      throw new InvalidArgumentError(`there are no ${count} frames to reserve`);
    this.complete();
    const { pool } = this.umem;
    const batch = this.#reserved;
    pool.give(batch.places, 0, batch.compact());
    return batch.fill(pool.take(batch.places, count, this.#owner));
  }

  /**
   * Sends packets of a batch from where they lie, all or those with the given indexes: such that were received, by this
   * socket or another one with the same memory, or frames from `reserve`. They are gone from the batch then. Returns how
   * many there was room for.
   * @throws {InvalidArgumentError} when the batch lies in other memory, or a packet is empty.
   * @throws {SyscallError} when the kernel cannot send; what was given to it is sent later.
   */
  sendBatch(batch: PacketBatch, indexes?: Iterable<number>): number {
    if (batch.umem !== this.umem) {
      throw new InvalidArgumentError("packets of other memory cannot be sent from where they lie", {
        hint: "use send, which copies them, or open both sockets with the same umem",
      });
    }
    this.complete();
    const count = indexes === undefined ? this.#chooseAll(batch) : this.#choose(batch, indexes);
    const sent = count === 0 ? 0 : this.#access.send(this.#places, count);
    for (let at = 0; at < sent; at++) {
      this.umem.pool.assign(this.#places[2 * at]!, this.#owner);
      batch.markSent(this.#indexes[at]!);
    }
    this.#counters.sent += sent;
    if (sent > 0) this.#access.wake();
    return sent;
  }

  /**
   * Takes back the frames of packets that have left; sending does it by itself. Returns how many, and sends on where the
   * kernel had no room before.
   */
  complete(): number {
    this.#assertOpen();
    if (this.inFlight === 0) return 0;
    if (this.#access.pendingSends() > 0) this.#access.wake();
    const count = this.#access.complete(this.#places);
    this.umem.pool.give(this.#places, 0, count);
    this.#counters.completed += count;
    return count;
  }

  /** What has been received and sent, and what the kernel dropped. */
  statistics(): XdpSocketStatistics {
    this.#assertOpen();
    return { ...this.#counters, ...this.#access.counts() };
  }

  /** Ends readers, takes the socket from its queue, and gives all frames back. */
  close(): void {
    if (this.closed) return;
    for (const reader of this.waiting) reader[Symbol.dispose]();
    this.#resources.dispose();
    this.#received.fill(0);
    this.#reserved.fill(0);
    this.umem.pool.giveAll(this.#owner);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Gives the kernel free frames to receive into, as many as are wanted. */
  #topUp(): void {
    const { pool } = this.umem;
    const count = pool.take(this.#places, this.#receiveFrames - this.#receiving, this.#owner);
    if (count === 0) return;
    const filled = this.#access.fill(this.#places, count);
    pool.give(this.#places, filled, count - filled);
    this.#receiving += filled;
  }

  #chooseAll(batch: PacketBatch): number {
    let count = 0;
    for (let index = 0; index < batch.length; index++) count = this.#chosen(batch, index, count);
    return count;
  }

  #choose(batch: PacketBatch, indexes: Iterable<number>): number {
    let count = 0;
    for (const index of indexes) count = this.#chosen(batch, index, count);
    return count;
  }

  /** Notes a packet behind `count` others, unless it was sent or there are too many; returns how many there are. */
  #chosen(batch: PacketBatch, index: number, count: number): number {
    const length = batch.lengthOf(index);
    if (length < 0 || count === this.#indexes.length) return count;
    this.#assertFits(length);
    this.#places[2 * count] = batch.startOf(index);
    this.#places[2 * count + 1] = length;
    this.#indexes[count] = index;
    return count + 1;
  }

  #assertFits(length: number): void {
    if (length > 0 && length <= this.umem.frameBytes) return;
    throw new InvalidArgumentError(`a packet of ${length} bytes cannot be sent`, {
      hint: `packets are whole Ethernet frames of at most ${this.umem.frameBytes} bytes, the size of a frame`,
    });
  }

  #assertOpen(): void {
    if (this.closed)
      throw new ClosedError(`the AF_XDP socket of queue ${this.queue} of ${this.interface}`);
  }
}

/** Asks again and again until it is so; false when the signal or the time-out came first. */
async function pollUntil(
  isSo: () => boolean,
  { signal, timeoutMs }: WaitOptions,
): Promise<boolean> {
  const end = performance.now() + (timeoutOf({ timeoutMs }) ?? Infinity);
  while (!isSo()) {
    if (signal?.aborted === true || performance.now() >= end) return false;
    await new Promise((resolve) => void setTimeout(resolve, pauseMs));
  }
  return true;
}
