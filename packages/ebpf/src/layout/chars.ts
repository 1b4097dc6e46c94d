/**
 * Text in `char` arrays.
 *
 * Most of it is short and ASCII (`comm`, interface names), and made of character codes. What lies behind the first zero
 * byte is not looked at.
 * @module
 */
import { codesFor, longestByCodes } from "../base/ascii.ts";
import { assertOptions, isBoolean } from "../base/checks.ts";
import { plural } from "../base/text.ts";
import type { CharsLayout } from "./layout.ts";
import { checkLength } from "./length.ts";
import { requireString, show, ValueError } from "./value-error.ts";

/** Options of {@link chars}. */
export interface CharsOptions {
  /**
   * Whether a zero byte must end the text, as C strings need; the default. If not, text may fill the whole array, as
   * in `char magic[4]`.
   */
  readonly terminated?: boolean;
}

/**
 * Text in `char[length]`: UTF-8, filled up with zero bytes. Reading ends at the first zero byte, and bytes that are
 * not UTF-8 read as U+FFFD. Writing refuses what does not fit.
 * @throws {InvalidArgumentError} when `length` is not a number of bytes.
 */
export function chars(length: number, options: CharsOptions = {}): CharsLayout {
  assertOptions(options, { terminated: isBoolean }, "chars");
  const { terminated = true } = options;
  const name = `char[${checkLength("chars", length)}]`;
  const room = terminated ? length - 1 : length;
  return Object.freeze<CharsLayout>({
    kind: "chars",
    name,
    size: length,
    alignment: 1,
    terminated,
    read: (view, offset) => readText(view, offset, length),
    write: (view, offset, value) => {
      requireString(value, name);
      const isAscii = value.length <= room && storeAscii(view, offset, value);
      const used = isAscii ? value.length : storeUtf8(view, offset, { text: value, name, room });
      for (let index = used; index < length; index++) view.setUint8(offset + index, 0);
    },
  });
}

// Without `ignoreBOM` a U+FEFF at the start would be lost.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function readText(view: DataView, offset: number, length: number): string {
  let end = 0;
  let seen = 0;
  for (; end < length; end++) {
    const byte = view.getUint8(offset + end);
    if (byte === 0) break;
    seen |= byte;
  }
  return seen < 0x80 && end <= longestByCodes
    ? textOfCodes(view, offset, codesFor(end))
    : decoder.decode(new Uint8Array(view.buffer, view.byteOffset + offset, end));
}

function textOfCodes(view: DataView, offset: number, codes: number[]): string {
  for (let index = 0; index < codes.length; index++) codes[index] = view.getUint8(offset + index);
  return String.fromCharCode(...codes);
}

/** Stores `text` if it is ASCII without zero characters; otherwise returns false, having stored some of it. */
function storeAscii(view: DataView, offset: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0 || code >= 0x80) return false;
    view.setUint8(offset + index, code);
  }
  return true;
}

const encoder = new TextEncoder();

/** Stores any text and returns how many bytes it took. */
function storeUtf8(
  view: DataView,
  offset: number,
  { text, name, room }: { readonly text: string; readonly name: string; readonly room: number },
): number {
  if (text.includes("\0"))
    throw new ValueError(`${show(text)} has a zero character, which would end it in memory`);
  if (!text.isWellFormed())
    throw new ValueError(`${show(text)} is not Unicode: half of a surrogate pair is missing`);
  const bytes = encoder.encode(text);
  if (bytes.length > room)
    throw new ValueError(
      `${show(text)} is too long for ${name}: it is ${plural(bytes.length, "byte")}, there is room for ${room}`,
    );
  bytes.forEach((byte, index) => view.setUint8(offset + index, byte));
  return bytes.length;
}
