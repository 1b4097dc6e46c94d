/**
 * What is in rings, for tests that look at them without a stream.
 * @module
 */
import type { RecordMemory } from "../kernel/event-ring.ts";
import type { RecordWalk } from "./record-walk.ts";
import { RingReader } from "./ring-reader.ts";
import { RingWalk } from "./ring-walk.ts";

/** Takes all records out of a ring buffer. */
export function takeRingRecords(memory: RecordMemory): Uint8Array[] {
  return recordsOf(new RingReader(memory, () => new RingWalk("ring")));
}

/** Takes all records that a reader finds. */
export function recordsOf(reader: RingReader): Uint8Array[] {
  const records: Uint8Array[] = [];
  for (;;) {
    const walk = reader.fetch();
    if (walk === undefined) return records;
    while (walk.next()) records.push(bytesOf(walk));
    reader.release();
  }
}

/** A copy of the record that a walk stands on. */
export function bytesOf({ data, start, length }: RecordWalk): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset + start, length).slice();
}
