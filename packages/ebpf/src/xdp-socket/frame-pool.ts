/**
 * Which frames of a memory for packets are free, and who has the others.
 *
 * Free frames lie on a stack, so that the warmest is used first. The owner of a frame changes only when it leaves or
 * enters the stack or goes from one socket to another: frames that a socket receives into, again and again, cost nothing
 * here.
 * @module
 */

/** Number of whoever holds frames; 0 stands for nobody. */
export type Owner = number;

const nobody: Owner = 0;

/** The frames of one memory. Places are two numbers for each frame or packet: start and length. */
export class FramePool {
  readonly frameBytes: number;
  readonly #stack: Int32Array;
  readonly #owners: Uint32Array;
  /** Frames start at multiples of their size, which is a power of two: so many bits name the place in a frame. */
  readonly #shift: number;
  #free = 0;
  #lastOwner: Owner = nobody;

  constructor(frames: number, frameBytes: number) {
    this.frameBytes = frameBytes;
    this.#shift = Math.log2(frameBytes);
    this.#stack = new Int32Array(frames);
    this.#owners = new Uint32Array(frames);
    for (let frame = frames - 1; frame >= 0; frame--) this.#stack[this.#free++] = frame;
  }

  /** Number of free frames. */
  get free(): number {
    return this.#free;
  }

  /** A number for somebody who will hold frames. */
  newOwner(): Owner {
    return ++this.#lastOwner;
  }

  /** Puts at most `count` free frames, in full length, into `places`; they are the owner's then. Returns how many. */
  take(places: Int32Array, count: number, owner: Owner): number {
    const taken = Math.min(count, this.#free, places.length >>> 1);
    for (let index = 0; index < taken; index++) {
      const frame = this.#stack[--this.#free]!;
      this.#owners[frame] = owner;
      places[2 * index] = frame << this.#shift;
      places[2 * index + 1] = this.frameBytes;
    }
    return taken;
  }

  /** Takes back the frames of `count` places from `from` on. Those that are free already stay so. */
  give(places: Int32Array, from: number, count: number): void {
    for (let index = from; index < from + count; index++) {
      this.#giveFrame(places[2 * index]! >>> this.#shift);
    }
  }

  /** The frame of a packet is another's now. */
  assign(start: number, owner: Owner): void {
    this.#owners[start >>> this.#shift] = owner;
  }

  /** Takes back all that `owner` has. */
  giveAll(owner: Owner): void {
    for (let frame = 0; frame < this.#owners.length; frame++) {
      if (this.#owners[frame] === owner) this.#giveFrame(frame);
    }
  }

  #giveFrame(frame: number): void {
    if (this.#owners[frame] === nobody) return;
    this.#owners[frame] = nobody;
    this.#stack[this.#free++] = frame;
  }
}
