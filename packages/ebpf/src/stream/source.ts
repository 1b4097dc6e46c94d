/**
 * Where events come from: streams of the kernel, and everything that can be iterated over.
 * @module
 */
import { PendingNext } from "./pending-next.ts";
import { Waiting, type ReadOptions } from "./waiting.ts";

/** Something that is read until a signal, a limit or a time-out: ring buffers, channels, pipelines. */
export interface Readable<Event> {
  read(options?: ReadOptions): AsyncIterable<Event>;
}

/** A source of events. */
export type EventSource<Event> = Readable<Event> | AsyncIterable<Event> | Iterable<Event>;

/** Whether a source takes the options of reading itself, and can be read again after an error. */
export function isReadable<Event>(source: EventSource<Event>): source is Readable<Event> {
  return "read" in source;
}

/**
 * The events of a source until the options end it. Iterables that know no options are left at once; what they yield
 * afterwards is lost.
 */
export function readSource<Event>(
  source: EventSource<Event>,
  options: ReadOptions,
): AsyncIterable<Event> {
  return isReadable(source) ? source.read(options) : readIterable(source, options);
}

async function* readIterable<Event>(
  source: AsyncIterable<Event> | Iterable<Event>,
  options: ReadOptions,
): AsyncGenerator<Event, void> {
  const { limit = Infinity } = options;
  using waiting = new Waiting(options);
  const items = new PendingNext(iteratorOf(source));
  try {
    for (let left = limit; left > 0 && !waiting.ended; left--) {
      const result = await items.wait(waiting);
      if (result === undefined || result.done === true) return;
      yield result.value;
    }
  } finally {
    await items.return();
  }
}

function iteratorOf<Event>(source: AsyncIterable<Event> | Iterable<Event>): AsyncIterator<Event> {
  if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]();
  const iterator = source[Symbol.iterator]();
  return {
    next: async () => iterator.next(),
    return: async () => iterator.return?.() ?? { done: true, value: undefined },
  };
}
