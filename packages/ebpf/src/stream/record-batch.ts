/**
 * Memory that records are copied to, many at a time.
 * @module
 */
import type { RecordBatch } from "../kernel/kernel.ts";

/** Room for records of `sizeBytes` together. */
export function newBatch(sizeBytes: number): RecordBatch {
  // The shortest record takes 8 bytes in a batch, an empty one none; places for one in 16 bytes are enough for most.
  return { bytes: new Uint8Array(sizeBytes), places: new Int32Array(2 * (sizeBytes / 16)) };
}

/** Bytes of the first `count` records at these places. */
export function bytesIn(places: Int32Array, count: number): number {
  let bytes = 0;
  for (let index = 0; index < count; index++) bytes += places[2 * index + 1]!;
  return bytes;
}
