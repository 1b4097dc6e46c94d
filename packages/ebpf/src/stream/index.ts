/**
 * Streams of events.
 * @module
 */
export { BackpressureConsumer, withBackpressure } from "./backpressure.ts";
export {
  type BackpressureOptions,
  type BackpressureStatistics,
  type DroppedEvents,
  type OverflowPolicy,
  QueueOverflowError,
} from "./backpressure-options.ts";
export type { EventBatch } from "./event-batch.ts";
export type { EventRecord } from "./event-record.ts";
export { EventMap, type ReadOptions } from "./event-map.ts";
export type { Health } from "./health.ts";
export { type ForEachOptions, Pipeline, pipeline, type PipelineOptions } from "./pipeline.ts";
export type { BatchingOptions } from "./pipeline-batch.ts";
export type { ErrorPolicy, SkippedEvent, StageOptions, StageStatistics } from "./pipeline-stage.ts";
export {
  type CpuEvent,
  type CpuStatistics,
  PerfBuffer,
  type PerfStatistics,
} from "./perf-buffer.ts";
export { type OutputOptions, ProgramOutput, type ProgramStream } from "./program-output.ts";
export {
  consumeRingBatches,
  consumeRings,
  type NamedEvent,
  type NamedRings,
  readRings,
} from "./read-rings.ts";
export { RingBuffer } from "./ring-buffer.ts";
export { parseTraceLine, type TraceLine } from "./trace-line.ts";
export { TraceReader, type TraceReaderOptions } from "./trace-reader.ts";
export { UserRecord, UserRingBuffer } from "./user-ring-buffer.ts";
export type { ConsumeOptions, RingConsumer } from "./ring-consumer.ts";
export type { EventSource, Readable } from "./source.ts";
export type { StreamStatistics } from "./statistics.ts";
export type { WaitOptions } from "./waiting.ts";
export { webStream } from "./web-stream.ts";
