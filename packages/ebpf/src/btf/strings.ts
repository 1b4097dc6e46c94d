/**
 * The string section of BTF: names by offset.
 *
 * Names stay bytes for as long as possible: comparing goes byte by byte against a name encoded once, and text is
 * made only for names that are shown. The strings of a split BTF go on where those of its base end.
 * @module
 */
import { codesFor, longestByCodes } from "../base/ascii.ts";
import { MalformedError } from "../base/errors.ts";

/** Names longer than this are refused; the kernel's own limit is 512 (`KSYM_NAME_LEN`). */
const longestName = 0xffff;

/** Bytes of a name that count for its hash: a bound for hostile names, more than real ones need. */
const hashedBytes = 64;

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** A name as bytes with a zero behind, ready to be compared; `undefined` for what can be no name. */
export function encodeName(name: string): Uint8Array | undefined {
  return name === "" || name.includes("\0") ? undefined : encoder.encode(`${name}\0`);
}

/** A number that is the same for the same name; of what {@link encodeName} returned. */
export function hashName(name: Uint8Array): number {
  return hash(name, 0);
}

/** What a {@link StringTable} is made of besides its bytes. */
export interface StringTableParts {
  /** What the BTF is of. */
  readonly path: string;
  readonly base: StringTable | undefined;
  /** Where the bytes start in the BTF. */
  readonly offset: number;
}

/** The strings of one BTF and, below {@link StringTable.start}, those of its base. */
export class StringTable {
  /** First offset of this table's own strings. */
  readonly start: number;
  /** First offset behind them. */
  readonly end: number;
  /** This table's own strings. */
  readonly bytes: Uint8Array;
  readonly #base: StringTable | undefined;
  readonly #path: string;
  readonly #offset: number;

  /** @throws MalformedError unless the section ends with a zero and, without base, starts with one. */
  constructor(bytes: Uint8Array, { path, base, offset }: StringTableParts) {
    this.bytes = bytes;
    this.#path = path;
    this.#offset = offset;
    this.#base = base;
    this.start = base?.end ?? 0;
    this.end = this.start + bytes.length;
    // A split BTF may have no strings of its own.
    if (base !== undefined && bytes.length === 0) return;
    if (bytes.at(-1) !== 0) this.#fail("the string section does not end with a zero byte");
    if (base === undefined && bytes[0] !== 0) {
      this.#fail(
        "the string section does not start with the empty name",
        "split BTF, as kernel modules have it, is read with its base: the kernel's",
      );
    }
  }

  /**
   * The text at `offset`.
   * @throws MalformedError when there is none, or one too long to be a name.
   */
  text(offset: number): string {
    if (offset === 0) return "";
    if (offset < this.start && this.#base !== undefined) return this.#base.text(offset);
    const from = offset - this.start;
    const to = this.bytes.indexOf(0, from);
    if (to === -1) this.#fail(`there is no name at ${offset} in strings up to ${this.end}`);
    if (to - from > longestName) this.#fail(`the name at ${offset} has ${to - from} bytes`);
    const bytes = this.bytes.subarray(from, to);
    if (bytes.length > longestByCodes || bytes.some((byte) => byte >= 0x80))
      return decoder.decode(bytes);
    const codes = codesFor(bytes.length);
    for (let index = 0; index < codes.length; index++) codes[index] = bytes[index]!;
    return String.fromCharCode(...codes);
  }

  /** Whether the text at `offset` is `name`, which ends with a zero byte. */
  equals(offset: number, name: Uint8Array): boolean {
    if (offset < this.start && this.#base !== undefined) return this.#base.equals(offset, name);
    const from = offset - this.start;
    for (let index = 0; index < name.length; index++) {
      if (this.bytes[from + index] !== name[index]) return false;
    }
    return true;
  }

  /** This table's own names with three underscores in a row, in the order of their places. */
  *flavoured(): Generator<string, void> {
    const { bytes, start } = this;
    for (let at = threeUnderscores(bytes, 0); at !== -1;) {
      yield this.text(start + bytes.lastIndexOf(0, at) + 1);
      at = threeUnderscores(bytes, bytes.indexOf(0, at));
    }
  }

  /** The byte at `offset`: 0 at the end of a name and outside of the strings. */
  byte(offset: number): number {
    if (offset < this.start && this.#base !== undefined) return this.#base.byte(offset);
    return this.bytes[offset - this.start] ?? 0;
  }

  /** What {@link hashName} is of the name at `offset`. */
  hash(offset: number): number {
    if (offset < this.start && this.#base !== undefined) return this.#base.hash(offset);
    return hash(this.bytes, offset - this.start);
  }

  #fail(message: string, hint?: string): never {
    throw new MalformedError("BTF", message, {
      path: [this.#path, "strings"],
      offset: this.#offset,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

const underscore = 0x5f;

/** Where behind `from` the first three underscores in a row are; -1 when there are none. */
function threeUnderscores(bytes: Uint8Array, from: number): number {
  // Every third byte is enough to meet one of three.
  for (let at = from + 3; at < bytes.length; at += 3) {
    if (bytes[at] !== underscore) continue;
    let [start, end] = [at, at + 1];
    while (bytes[start - 1] === underscore) start--;
    while (bytes[end] === underscore) end++;
    if (end - start >= 3) return start;
  }
  return -1;
}

/** FNV-1a of the bytes from `from` up to a zero, with the high bits mixed into the low ones. */
function hash(bytes: Uint8Array, from: number): number {
  let value = 0x811c9dc5;
  for (let at = from; at < from + hashedBytes; at++) {
    const byte = bytes[at];
    if (byte === undefined || byte === 0) break;
    value = Math.imul(value ^ byte, 0x01000193);
  }
  return value ^ (value >>> 15);
}
