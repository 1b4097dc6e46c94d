/**
 * Bytes: sizes, alignment and text in fixed places, in the byte order of this machine.
 * @module
 */

/** Whether this machine stores the low byte first. Every Linux machine Node runs on but s390x does. */
export const littleEndian: boolean = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** `value` rounded up to a multiple of `alignment`, which is a power of two. */
export function alignUp(value: number, alignment: number): number {
  return (value + alignment - 1) & -alignment;
}

/** A view of the same memory, for reading numbers out of bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The bytes as hexadecimal digits: `"b7 00 00 00"` with a separator of one space. */
export function hex(bytes: Uint8Array, separator = ""): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(separator);
}

/** Bytes from hexadecimal digits; blanks between them are ignored. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  const digits = text.replaceAll(/\s+/g, "");
  return Uint8Array.from({ length: digits.length / 2 }, (_, index) =>
    Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16),
  );
}

// A mark at the start is text here like any other.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The text before the first zero byte, as C strings are stored; all of it when there is none. */
export function cString(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decoder.decode(end === -1 ? bytes : bytes.subarray(0, end));
}

const encoder = new TextEncoder();

/** `text` in UTF-8 with a zero byte behind it, as the kernel reads names and paths. */
export function zeroTerminated(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(`${text}\0`);
}

/** Whether both are the same bytes. */
export function bytesEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
