/**
 * Reading a ring buffer by callback, from the event loop.
 * @module
 */
import { BatchConsumer, type Taker } from "./batch-consumer.ts";
import type { EventBatch } from "./event-batch.ts";
import type { EventRecord } from "./event-record.ts";

export { type ConsumeOptions, takeBatches } from "./batch-consumer.ts";

/** A taker that calls `onRecord` with each record. */
export function takeRecords<Event>(
  onRecord: (record: EventRecord<Event>) => void,
): Taker<EventBatch<Event>> {
  return (batch, progress) => {
    const { length } = batch;
    while (progress.taken < length && progress.running) onRecord(batch.record(progress.taken++));
  };
}

/**
 * Hands records to a callback while it runs. An error thrown by the callback stops the consumer and surfaces as an
 * uncaught exception, as from any event handler; the records behind it stay for the next reader.
 */
export class RingConsumer<Event> extends BatchConsumer<EventBatch<Event>> {}
