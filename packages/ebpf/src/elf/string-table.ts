/**
 * Tables of names: texts one behind the other, each with a zero byte at its end, named by their offset.
 * @module
 */
import { cString, zeroTerminated } from "../base/bytes.ts";
import type { Region } from "./region.ts";

/** Longest name that is read; a bound for hostile files, more than any compiler makes. */
const longestName = 1 << 16;

/**
 * The text at `offset` of a table.
 * @throws {MalformedError} when the offset is not in the table, or the text has no end.
 */
export function textAt(table: Region, offset: number): string {
  if (offset === 0 && table.bytes.length === 0) return "";
  if (offset >= table.bytes.length) {
    table.fail(`there is no name at ${offset} in a table of ${table.bytes.length} bytes`, 0);
  }
  const end = table.bytes.indexOf(0, offset);
  if (end === -1) table.fail("the name has no end", offset);
  if (end - offset > longestName) table.fail(`a name of ${end - offset} bytes is too long`, offset);
  return cString(table.bytes.subarray(offset, end));
}

/** Collects texts for a table; equal ones are there once. */
export class StringTableWriter {
  readonly #parts: Uint8Array[] = [zeroTerminated("")];
  readonly #offsets: Map<string, number> = new Map([["", 0]]);
  #length = 1;

  /** Offset of `text`, which is added if need be. */
  add(text: string): number {
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    const bytes = zeroTerminated(text);
    const offset = this.#length;
    this.#parts.push(bytes);
    this.#offsets.set(text, offset);
    this.#length += bytes.length;
    return offset;
  }

  /** The table as it is now. */
  bytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }
}
