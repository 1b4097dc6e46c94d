/**
 * Streams of events.
 * @module
 */
export type { EventBatch } from "./event-batch.ts";
export type { EventRecord } from "./event-record.ts";
export { readRings, type NamedEvent } from "./read-rings.ts";
export { RingBuffer, type ReadOptions } from "./ring-buffer.ts";
export type { ConsumeOptions, RingConsumer } from "./ring-consumer.ts";
export type { StreamStatistics } from "./statistics.ts";
