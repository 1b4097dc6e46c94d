/**
 * A part of a file: numbers at offsets into it, refused when they are not there.
 *
 * Everything that reads a file asks here, so that no table of a hostile file leads out of it, and every complaint has
 * the place. What the numbers mean is not known.
 * @module
 */
import { viewOf } from "../base/bytes.ts";
import { MalformedError } from "../base/errors.ts";
import type { ElfByteOrder } from "./elf.ts";

/** What a region is made of. */
export interface RegionOptions {
  readonly byteOrder: ElfByteOrder;
  /** From the outside in, for errors. */
  readonly path: readonly string[];
  /** Bytes of the file before it, for errors. */
  readonly start?: number;
}

/** Bytes with a name and a place in a file. */
export class Region {
  readonly bytes: Uint8Array;
  readonly byteOrder: ElfByteOrder;
  readonly path: readonly string[];
  readonly start: number;
  readonly #view: DataView;
  readonly #little: boolean;

  constructor(bytes: Uint8Array, { byteOrder, path, start = 0 }: RegionOptions) {
    this.bytes = bytes;
    this.byteOrder = byteOrder;
    this.path = path;
    this.start = start;
    this.#view = viewOf(bytes);
    this.#little = byteOrder === "little";
  }

  u8(at: number): number {
    this.#assertInside(at, 1);
    return this.#view.getUint8(at);
  }

  u16(at: number): number {
    this.#assertInside(at, 2);
    return this.#view.getUint16(at, this.#little);
  }

  u32(at: number): number {
    this.#assertInside(at, 4);
    return this.#view.getUint32(at, this.#little);
  }

  u64(at: number): bigint {
    this.#assertInside(at, 8);
    return this.#view.getBigUint64(at, this.#little);
  }

  /**
   * A size or offset of 64 bits. Above 2^53 it is rounded, which no file notices: none is that long.
   */
  length(at: number): number {
    return Number(this.u64(at));
  }

  /** The bytes from `offset` on as a region of their own; `name` goes to the end of its path. */
  part(name: string, offset: number, length: number): Region {
    this.#assertInside(offset, length);
    return new Region(this.bytes.subarray(offset, offset + length), {
      byteOrder: this.byteOrder,
      path: [...this.path, name],
      start: this.start + offset,
    });
  }

  /** Complains about what lies at `at`. */
  fail(message: string, at: number): never {
    throw new MalformedError("ELF", message, { path: this.path, offset: this.start + at });
  }

  #assertInside(at: number, length: number): void {
    if (at + length <= this.bytes.length) return;
    throw new MalformedError(
      "ELF",
      `${length} bytes at ${at} do not lie in ${this.bytes.length} bytes`,
      { path: this.path, offset: this.start + Math.min(at, this.bytes.length) },
    );
  }
}
