/**
 * Many packets at once, where they lie in the memory that the kernel shares: looking into one costs a load and no object.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import type { Umem } from "./umem.ts";

/** Sends packets: `XdpSocket` does. */
export interface PacketSender {
  readonly interface: string;
  readonly queue: number;
  /** Copies packets into free frames and sends them. Returns how many there was room for. */
  send(packets: readonly Uint8Array[]): number;
  /** Sends packets of a batch without copying them. Returns how many there was room for. */
  sendBatch(batch: PacketBatch, indexes?: Iterable<number>): number;
}

/** What {@link PacketBatch.lengthOf} says of a packet that was sent, so that its frame is not here any more. */
const gone = -1;

/**
 * Packets in a row, which may be changed where they lie. One object per socket, filled again for every batch: what it
 * shows is valid until the reader goes on.
 */
export class PacketBatch {
  /** The socket that the packets came from. */
  readonly socket: PacketSender;
  readonly umem: Umem;
  /** The memory the packets lie in, for those who count nanoseconds: keep it and {@link places} in variables. */
  readonly data: DataView;
  readonly #places: Int32Array;
  #length = 0;
  #left = 0;

  constructor(socket: PacketSender, umem: Umem, capacity: number) {
    this.socket = socket;
    this.umem = umem;
    this.data = umem.view;
    this.#places = new Int32Array(2 * capacity);
  }

  /** Number of packets, those that were sent included. */
  get length(): number {
    return this.#length;
  }

  /** Start in {@link data} and length of each packet, two numbers each; the length of one that was sent is -1. */
  get places(): Int32Array {
    return this.#places;
  }

  /** How many packets were not sent. */
  get left(): number {
    return this.#left;
  }

  /** Where packet `index` starts in {@link data}. */
  startOf(index: number): number {
    return this.#places[2 * this.#checked(index)]!;
  }

  /** Length of packet `index` in bytes; -1 when it was sent. */
  lengthOf(index: number): number {
    return this.#places[2 * this.#checked(index) + 1]!;
  }

  /**
   * Packet `index` where it lies: a view, valid until the reader goes on, and empty when the packet was sent. It makes an
   * object; readers of very many packets use {@link data} and {@link places}.
   */
  packet(index: number): Uint8Array {
    const length = Math.max(this.lengthOf(index), 0);
    return new Uint8Array(this.data.buffer, this.startOf(index), length);
  }

  /** All packets, as {@link packet} gives them. */
  *[Symbol.iterator](): Generator<Uint8Array, void> {
    for (let index = 0; index < this.#length; index++) yield this.packet(index);
  }

  /**
   * Makes packet `index` `lengthBytes` long, from where it starts.
   * @throws {InvalidArgumentError} when its frame does not reach so far.
   */
  resize(index: number, lengthBytes: number): void {
    const room = this.umem.frameBytes - (this.startOf(index) & (this.umem.frameBytes - 1));
    if (this.lengthOf(index) === gone || !Number.isInteger(lengthBytes) || lengthBytes < 0)
      throw new InvalidArgumentError(`packet ${index} cannot get ${lengthBytes} bytes`);
    if (lengthBytes > room) {
      throw new InvalidArgumentError(
        `packet ${index} cannot get ${lengthBytes} bytes: its frame ends after ${room}`,
      );
    }
    this.#places[2 * index + 1] = lengthBytes;
  }

  /** Shows the first `length` of {@link places}, which somebody has filled. */
  fill(length: number): this {
    this.#length = length;
    this.#left = length;
    return this;
  }

  /** Notes that packet `index` was sent. */
  markSent(index: number): void {
    this.#places[2 * index + 1] = gone;
    this.#left -= 1;
  }

  /** Puts what was not sent to the front, in order, so that one call gives the frames back. Returns how many. */
  compact(): number {
    if (this.#left === this.#length) return this.#length;
    const places = this.#places;
    let to = 0;
    for (let from = 0; from < this.#length; from++) {
      if (places[2 * from + 1] === gone) continue;
      places[2 * to] = places[2 * from]!;
      places[2 * to + 1] = places[2 * from + 1]!;
      to += 1;
    }
    this.#length = to;
    return to;
  }

  #checked(index: number): number {
    if (Number.isInteger(index) && index >= 0 && index < this.#length) return index;
    throw new InvalidArgumentError(`there is no packet ${index} among ${this.#length}`);
  }
}
