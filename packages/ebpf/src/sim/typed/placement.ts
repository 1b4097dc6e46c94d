/**
 * Memory that is there as long as something runs: contexts, text, objects of the kernel that a test describes.
 *
 * What is placed gets a region of its own, so that a program that reads beyond it is found out. The same object is placed
 * once, so that pointers to it are equal.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import type { Memory, RegionOptions } from "../vm/memory.ts";

const encoder = new TextEncoder();

/** Regions of memory that are freed together. */
export class Placement implements Disposable {
  readonly memory: Memory;
  readonly #addresses: bigint[] = [];
  readonly #objects = new Map<object, bigint>();

  constructor(memory: Memory) {
    this.memory = memory;
  }

  /** Makes a region of these bytes, which are shared: its address. */
  allocate(name: string, bytes: Uint8Array, options?: RegionOptions): bigint {
    const address = this.memory.allocate(name, bytes, options);
    this.#addresses.push(address);
    return address;
  }

  /** Places text with a zero byte behind it, or a copy of bytes: their address. */
  place(content: string | Uint8Array): bigint {
    return typeof content === "string"
      ? this.allocate(`text "${content.slice(0, 32)}"`, encoder.encode(`${content}\0`))
      : this.allocate(`${content.length} placed bytes`, content.slice());
  }

  /** Address of an object of a test that was placed already. */
  addressOf(object: object): bigint | undefined {
    return this.#objects.get(object);
  }

  /** Notes where an object of a test is from now on. */
  note(object: object, address: bigint): void {
    this.#objects.set(object, address);
  }

  /** The bytes at an address, shared. @throws {InvalidArgumentError} when they are not all there. */
  bytesAt(address: bigint, length: number): Uint8Array {
    const region = this.memory.regionOf(address);
    if (region !== undefined) {
      const offset = Number(address - region.address);
      if (offset >= 0 && offset + length <= region.bytes.length)
        return region.bytes.subarray(offset, offset + length);
    }
    throw new InvalidArgumentError(`there are no ${length} bytes at 0x${address.toString(16)}`, {
      hint: region === undefined ? "nothing is placed there" : `region "${region.name}" is there`,
    });
  }

  [Symbol.dispose](): void {
    for (const address of this.#addresses.splice(0)) this.memory.free(address);
    this.#objects.clear();
  }
}
