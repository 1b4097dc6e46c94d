/**
 * Reading events by callback, from the event loop.
 * @module
 */
import { isFunction } from "../base/checks.ts";
import { BatchConsumer, type Taker } from "./batch-consumer.ts";
import type { EventBatch } from "./event-batch.ts";
import type { EventRecord } from "./event-record.ts";

export type { ConsumeOptions } from "./batch-consumer.ts";

/** A taker that calls `onRecord` with each record. */
export function takeRecords<Event>(
  onRecord: (record: EventRecord<Event>) => void,
): Taker<EventBatch<Event>> {
  isFunction(onRecord, "what takes the records");
  return (batch, progress) => {
    while (progress.running) {
      const record = batch.take();
      if (record === undefined) return;
      onRecord(record);
    }
  };
}

/** A taker that calls `onBatch` with the whole batch, and passes over what that leaves of it unless it throws. */
export function takeBatches<Event>(
  onBatch: (batch: EventBatch<Event>) => void,
): (batch: EventBatch<Event>) => void {
  isFunction(onBatch, "what takes the batches");
  return (batch) => {
    onBatch(batch);
    batch.skip();
  };
}

/**
 * Hands records to a callback while it runs. An error thrown by the callback stops the consumer and surfaces as an
 * uncaught exception, as from any event handler; the records behind it stay for the next reader.
 */
export class RingConsumer<Event> extends BatchConsumer<EventBatch<Event>> {}
