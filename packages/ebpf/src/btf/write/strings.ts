/**
 * The string section of a BTF that is being written.
 *
 * Each text is stored once and named by its offset; a split BTF also finds the texts of its base, whose offsets come
 * before its own. Texts that are ends of other ones do not share memory with them.
 * @module
 */
import { zeroTerminated } from "../../base/bytes.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import type { Btf } from "../btf.ts";
import type { StringTable } from "../strings.ts";

const decoder = new TextDecoder();

/** Texts by offset, growing. */
export class BtfStrings {
  /** Offset of the first text that is not of the base. */
  readonly start: number;
  readonly #offsets = new Map<string, number>([["", 0]]);
  readonly #chunks: Uint8Array[] = [];
  #end: number;

  /** With `base`, the strings continue those of that BTF; with `kept`, its own come first, where they are there. */
  constructor(base?: Btf, kept?: Btf) {
    this.start = base?.strings.end ?? 0;
    this.#end = this.start;
    if (base !== undefined) this.#addThoseOf(base);
    if (kept !== undefined) this.#keep(kept.strings);
    else if (base === undefined) this.#append("");
  }

  /** Bytes of the section so far. */
  get byteLength(): number {
    return this.#end - this.start;
  }

  /**
   * Offset of `text`, which is stored if it was not; 0 for the empty text.
   * @throws {InvalidArgumentError} when it holds a zero character, which would end it.
   */
  add(text: string): number {
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    if (text.includes("\0")) {
      throw new InvalidArgumentError(`${JSON.stringify(text)} cannot be stored in BTF`, {
        hint: "take the zero character out",
      });
    }
    const offset = this.#append(text);
    this.#offsets.set(text, offset);
    return offset;
  }

  /** The section: what was added so far. */
  encode(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.byteLength);
    let at = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }

  #append(text: string): number {
    const bytes = zeroTerminated(text);
    const offset = this.#end;
    this.#chunks.push(bytes);
    this.#end += bytes.length;
    return offset;
  }

  #addThoseOf(base: Btf): void {
    if (base.base !== undefined) this.#addThoseOf(base.base);
    this.#index(base.strings);
  }

  #keep(strings: StringTable): void {
    this.#index(strings);
    this.#chunks.push(strings.bytes);
    this.#end += strings.bytes.length;
  }

  #index({ bytes, start }: StringTable): void {
    for (let from = 0; from < bytes.length;) {
      const to = bytes.indexOf(0, from);
      const text = decoder.decode(bytes.subarray(from, to));
      if (!this.#offsets.has(text)) this.#offsets.set(text, start + from);
      from = to + 1;
    }
  }
}
