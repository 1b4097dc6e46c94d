/**
 * Structs shared with the kernel, written and read by the name of their members.
 *
 * The layouts are generated, so code says `record.set(mapCreate.keySize, 4)` and no offset is ever written by hand.
 * Pointers are only noted here: the native bridge stores addresses for the duration of a call and takes them out again,
 * so none is ever seen.
 * @module
 */
import type { Pointers } from "@ts-ebpf/native";
import { assert } from "../../base/assert.ts";
import { cString, littleEndian, viewOf } from "../../base/bytes.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import type { Member } from "../generated/attributes.ts";

/** A layout, as generated. */
export interface RecordLayout {
  readonly sizeBytes: number;
}

/** One struct, all zero at first. */
export class KernelRecord {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #pointers: (Uint8Array | number)[] = [];

  constructor({ sizeBytes }: RecordLayout) {
    this.bytes = new Uint8Array(sizeBytes);
    this.#view = viewOf(this.bytes);
  }

  /** Pointers noted so far, as the bridge takes them. */
  get pointers(): Pointers {
    return this.#pointers;
  }

  /**
   * Stores a number in a member of 1, 2, 4 or 8 bytes; `undefined` leaves it zero.
   * @throws {InvalidArgumentError} when it is not whole, or has more bits than the member.
   */
  set([offset, size]: Member, value: number | bigint | undefined): this {
    if (value === undefined) return this;
    assertFits(value, 8 * size);
    if (size === 8) this.#view.setBigUint64(offset, BigInt(value), littleEndian);
    else if (size === 4) this.#view.setUint32(offset, Number(value), littleEndian);
    else if (size === 2) this.#view.setUint16(offset, Number(value), littleEndian);
    else this.#view.setUint8(offset, Number(value));
    return this;
  }

  /**
   * Stores a short text in a member that is an array of characters.
   * @throws {InvalidArgumentError} when it is too long for that, its final zero included.
   */
  setText([offset, size]: Member, text: string | undefined): this {
    const bytes = new TextEncoder().encode(text ?? "");
    if (bytes.length >= size) {
      throw new InvalidArgumentError(`name "${text}" is longer than ${size - 1} bytes`);
    }
    this.bytes.set(bytes, offset);
    return this;
  }

  /** Makes a member point to `target`; without bytes it stays null. */
  point([offset, size]: Member, target: Uint8Array | undefined): this {
    assert(size === 8, "a pointer takes 8 bytes");
    if (target !== undefined && !(target instanceof Uint8Array)) throw noBytes(target);
    if (target !== undefined && target.length > 0) this.pointFrom(this.bytes, offset, target);
    return this;
  }

  /** Makes `memory`, which another pointer leads to, point to `target` at `offset`. */
  pointFrom(memory: Uint8Array, offset: number, target: Uint8Array): this {
    this.#pointers.push(memory, offset, target, 0);
    return this;
  }

  /** Takes over the pointers noted in `other`, which a pointer of this one leads to. */
  pointAlong(other: KernelRecord): this {
    this.#pointers.push(...other.#pointers);
    return this;
  }

  /** The number in a member of up to 4 bytes. */
  get([offset, size]: Member): number {
    if (size === 4) return this.#view.getUint32(offset, littleEndian);
    return size === 2 ? this.#view.getUint16(offset, littleEndian) : this.#view.getUint8(offset);
  }

  /** The number in a member of 8 bytes. */
  getBig([offset]: Member): bigint {
    return this.#view.getBigUint64(offset, littleEndian);
  }

  /** The text in a member that is an array of characters. */
  getText(member: Member): string {
    return cString(this.getBytes(member));
  }

  /** The bytes of a member. */
  getBytes([offset, size]: Member): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(offset, offset + size);
  }
}

function noBytes(given: unknown): InvalidArgumentError {
  const hint = "give a Uint8Array";
  return new InvalidArgumentError(`a ${typeof given} is given where bytes belong`, { hint });
}

/**
 * Whether a number, with or without a sign, can be stored as it is: what is cut off would be missed without a trace.
 * @throws {InvalidArgumentError} when it cannot.
 */
export function assertFits(value: number | bigint, bits: number): void {
  const isWhole = typeof value === "bigint" || Number.isInteger(value);
  if (isWhole && value >= -(2 ** (bits - 1)) && value < 2 ** bits) return;
  throw new InvalidArgumentError(`${value} is given where a whole number of ${bits} bits belongs`, {
    hint: "the number is negative, has a fraction, or is too large for the kernel",
  });
}
