/**
 * References: values of the kernel's held like variables, and waiting for them.
 * @module
 */
export type { Atomicity } from "./cell.ts";
export type { Added, Change, Changed, ChangeOptions, Removed } from "./change.ts";
export { entry, type EntryOptions, variableEntry } from "./entry.ts";
export { LatestEvent, latestEvent } from "./latest-event.ts";
export type { ReferableMap } from "./map-cell.ts";
export type { PollOptions } from "./polling.ts";
export { QueueChannel, queueChannel } from "./queue-channel.ts";
export {
  QueueReader,
  queueReader,
  type QueueOptions,
  type QueueReadOptions,
} from "./queue-reader.ts";
export { QueueWriter, queueWriter } from "./queue-writer.ts";
export {
  ContendedError,
  Reference,
  type ReferenceOptions,
  type WatchOptions,
} from "./reference.ts";
export { RefusedValueError, type Validator } from "./validator.ts";
export { type MapChange, watchMap } from "./watch-map.ts";
