/**
 * Bytes in fixed places, as they are.
 *
 * What is read is a copy, so it stays what it was when the memory is reused for the next event.
 * @module
 */
import { plural } from "../base/text.ts";
import type { BytesLayout } from "./layout.ts";
import { checkLength } from "./length.ts";
import { unexpected, ValueError } from "./value-error.ts";

/**
 * Exactly `length` bytes, `__u8[length]` in C. Reading returns a copy.
 * @throws {InvalidArgumentError} when `length` is not a number of bytes.
 */
export function bytes(length: number): BytesLayout {
  const name = `u8[${checkLength("bytes", length)}]`;
  return Object.freeze<BytesLayout>({
    kind: "bytes",
    name,
    size: length,
    alignment: 1,
    read: (view, offset) => bytesAt(view, offset, length).slice(),
    write: (view, offset, value) => {
      if (!(value instanceof Uint8Array)) throw unexpected(value, `${name} (a Uint8Array)`);
      if (value.length !== length)
        throw new ValueError(`expected ${plural(length, "byte")}, got ${value.length}`);
      bytesAt(view, offset, length).set(value);
    },
  });
}

/** `length` bytes of the view's memory. */
function bytesAt(view: DataView, offset: number, length: number): Uint8Array {
  // The buffer may be larger than the view: let the view itself check both ends.
  view.getUint8(offset);
  view.getUint8(offset + length - 1);
  return new Uint8Array(view.buffer, view.byteOffset + offset, length);
}
