/**
 * Events as a web stream.
 *
 * An event is taken from its source when somebody reads, not before. Cancelling ends a reading that waits, so that the
 * next event stays for others.
 * @module
 */
import { type EventSource, readSource } from "./source.ts";
import { assertReadOptions, type ReadOptions } from "./waiting.ts";

/** A stream of the events of `source`, until the options end it. */
export function webStream<Event>(
  source: EventSource<Event>,
  reading: ReadOptions = {},
): ReadableStream<Event> {
  assertReadOptions(reading);
  const { signal, ...options } = reading;
  const cancelled = new AbortController();
  const signals = [cancelled.signal, ...(signal === undefined ? [] : [signal])];
  const readOptions = { ...options, signal: AbortSignal.any(signals) };
  const events = readSource(source, readOptions)[Symbol.asyncIterator]();
  return new ReadableStream<Event>(
    {
      async pull(controller) {
        const { done, value } = await events.next();
        if (cancelled.signal.aborted) return;
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        cancelled.abort();
        await events.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
