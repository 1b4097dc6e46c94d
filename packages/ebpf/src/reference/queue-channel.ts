/**
 * Two ways through maps: values that come, and values that go.
 *
 * A channel is a reader and a writer that are held together. Over one map it is what producers and consumers of this
 * process share with programs; over two, one in and one out, it is a conversation with programs.
 * @module
 */
import { isObject } from "../base/checks.ts";
import type { QueueMap } from "../map/queue-map.ts";
import type { PollOptions } from "./polling.ts";
import {
  assertQueue,
  type QueueOptions,
  QueueReader,
  type QueueReadOptions,
} from "./queue-reader.ts";
import { QueueWriter } from "./queue-writer.ts";

/** A reader and a writer. Closing it ends the waiting of both; the maps are lent and stay. */
export class QueueChannel<Received, Sent = Received>
  implements AsyncIterable<Received>, Disposable
{
  readonly reader: QueueReader<Received>;
  readonly writer: QueueWriter<Sent>;

  constructor(inbox: QueueMap<Received>, outbox: QueueMap<Sent>, options: QueueOptions = {}) {
    this.reader = new QueueReader(inbox, options);
    this.writer = new QueueWriter(outbox, options);
  }

  /** See {@link QueueReader.peek}. */
  peek(): Received | undefined {
    return this.reader.peek();
  }

  /** See {@link QueueReader.pop}. */
  pop(options?: PollOptions): Promise<Received | undefined> {
    return this.reader.pop(options);
  }

  /** See {@link QueueReader.read}. */
  read(options?: QueueReadOptions): AsyncGenerator<Received, void> {
    return this.reader.read(options);
  }

  /** See {@link QueueWriter.push}. */
  push(value: Sent, options?: PollOptions): Promise<boolean> {
    return this.writer.push(value, options);
  }

  [Symbol.asyncIterator](): AsyncGenerator<Received, void> {
    return this.read();
  }

  close(): void {
    this.reader.close();
    this.writer.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * A channel over queues or stacks: values come from `inbox` and go to `outbox`, which is the same map when it is left
 * out.
 */
export function queueChannel<Value>(
  map: QueueMap<Value>,
  options?: QueueOptions,
): QueueChannel<Value>;
export function queueChannel<Received, Sent>(
  maps: { readonly inbox: QueueMap<Received>; readonly outbox: QueueMap<Sent> },
  options?: QueueOptions,
): QueueChannel<Received, Sent>;
export function queueChannel(
  maps:
    | QueueMap<unknown>
    | { readonly inbox: QueueMap<unknown>; readonly outbox: QueueMap<unknown> },
  options: QueueOptions = {},
): QueueChannel<unknown> {
  isObject(maps, "what a channel is made of");
  const { inbox, outbox } = "inbox" in maps ? maps : { inbox: maps, outbox: maps };
  for (const map of [inbox, outbox]) assertQueue(map, options);
  return new QueueChannel(inbox, outbox, options);
}
