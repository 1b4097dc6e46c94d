/**
 * Sockets of several queues of one interface, read by one reader.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { WaitOptions } from "../stream/waiting.ts";
import type { PacketBatch } from "./packet-batch.ts";
import { readPackets } from "./read-packets.ts";
import type { XdpSocket } from "./xdp-socket.ts";

/**
 * Sockets that share memory, so that each can send what another one received. Closing the group closes them, its
 * program and its memory.
 */
export class XdpSocketGroup implements Disposable, AsyncIterable<PacketBatch> {
  /** The sockets, in the order of the queues that were asked for. */
  readonly sockets: readonly XdpSocket[];
  readonly #kernel: Kernel;
  readonly #resources: DisposableStack;

  constructor(kernel: Kernel, sockets: readonly XdpSocket[], resources: DisposableStack) {
    this.#kernel = kernel;
    this.sockets = sockets;
    this.#resources = resources;
  }

  /** The socket of a queue. @throws {InvalidArgumentError} when the group has none of it. */
  socket(queue: number): XdpSocket {
    const found = this.sockets.find((socket) => socket.queue === queue);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`the group has no socket of queue ${queue}`, {
      hint: `it has queues ${this.sockets.map((socket) => socket.queue).join(", ")}`,
    });
  }

  /** Packets of all queues as they come, a batch of one queue at a time: `batch.socket` tells which. */
  packets(options: WaitOptions = {}): AsyncGenerator<PacketBatch, void> {
    return readPackets(this.#kernel, this.sockets, options);
  }

  [Symbol.asyncIterator](): AsyncGenerator<PacketBatch, void> {
    return this.packets();
  }

  close(): void {
    this.#resources.dispose();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
