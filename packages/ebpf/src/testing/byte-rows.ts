/**
 * Bytes side by side: the rows in which two sequences of them differ.
 * @module
 */
import { bytesEqual, hex } from "../base/bytes.ts";
import { plural } from "../base/text.ts";

/** Bytes in a row, and rows shown at most. */
const rowBytes = 16;
const mostRows = 8;

/** The rows in which two sequences of bytes differ, each as it is and as it is expected; none when they are equal. */
export function differingRows(actual: Uint8Array, expected: Uint8Array): readonly string[] {
  const length = Math.max(actual.length, expected.length);
  const starts = Array.from({ length: Math.ceil(length / rowBytes) }, (_, row) => row * rowBytes);
  const differing = starts.filter((start) => !bytesEqual(row(actual, start), row(expected, start)));
  const shown = differing
    .slice(0, mostRows)
    .flatMap((start) => [
      `${place(start)} is       ${hex(row(actual, start), " ")}`,
      `${place(start)} expected ${hex(row(expected, start), " ")}`,
    ]);
  const more = differing.length - mostRows;
  return more > 0 ? [...shown, `and ${plural(more, "row")} more`] : shown;
}

function row(bytes: Uint8Array, start: number): Uint8Array {
  return bytes.subarray(start, start + rowBytes);
}

function place(offset: number): string {
  return `0x${offset.toString(16).padStart(4, "0")}`;
}
