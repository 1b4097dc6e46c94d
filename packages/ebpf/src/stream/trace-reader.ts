/**
 * What kernel programs print with `bpf_printk`, line by line.
 *
 * By default a reader has a trace buffer of its own, into which the kernel copies everything that is printed while it is
 * open. It is for looking at programs while they are written: for events there are maps of events.
 * @module
 */
import { assertWord } from "../base/arguments.ts";
import { ClosedError } from "../base/errors.ts";
import { isTransient } from "../kernel/errors.ts";
import type { TracePipe, TraceSource } from "../kernel/event-ring.ts";
import type { Handle } from "../kernel/handle.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { ReadOptions } from "./event-map.ts";
import { nextTurn, Readiness, type Waitable } from "./readiness.ts";
import { parseTraceLine, type TraceLine } from "./trace-line.ts";
import { limitOf } from "./waiting.ts";

/** Options of {@link TraceReader}. */
export interface TraceReaderOptions {
  /**
   * `own`, when left out: a buffer that is made for this reader, which no other reader can take lines from. `shared`: the
   * machine's own `trace_pipe`, also with what was printed before. **Its readers steal lines from each other**, be they of
   * this process or, for example, a `cat` in a terminal; newer kernels (6.18 does) let in only one.
   */
  readonly source?: TraceSource;
}

const chunkBytes = 1 << 16;

/**
 * Reads what programs of the whole machine print, from when it is made. Close it: the buffer is removed then. Minimum
 * kernel 5.9 for an own buffer; needs tracefs, and root.
 */
export class TraceReader implements AsyncIterable<TraceLine>, Waitable, Disposable {
  readonly #kernel: Kernel;
  readonly #pipe: TracePipe;
  readonly #decoder = new TextDecoder();
  readonly #chunk = new Uint8Array(chunkBytes);
  readonly #lines: string[] = [];
  #rest = "";
  /** Readers that wait for lines; closing the reader ends them. */
  readonly waiting: Set<Disposable> = new Set();

  /**
   * @throws {NotSupportedError} when tracefs is not mounted, or the kernel is too old for an own buffer.
   * @throws {PermissionError} for others than root; {@link BusyError} when somebody else reads the shared one.
   */
  constructor(kernel: Kernel, { source = "own" }: TraceReaderOptions = {}) {
    assertWord(source, ["own", "shared"], "the source of trace output");
    this.#kernel = kernel;
    this.#pipe = kernel.openTracePipe(source);
  }

  /** What is waited for, lent. */
  get handle(): Handle {
    return this.#pipe.handle;
  }

  /** Lines as they come. Leaving the loop, the signal, the limit and the time-out end it. */
  async *read(options: ReadOptions = {}): AsyncGenerator<TraceLine, void> {
    this.#assertOpen();
    const limit = limitOf(options);
    using readiness = new Readiness(this.#kernel, [this], options);
    let yielded = 0;
    while (yielded < limit && !readiness.ended) {
      for (const line of this.drain(limit - yielded)) {
        yielded += 1;
        yield line;
        if (readiness.ended) return;
      }
      if (yielded >= limit || readiness.ended) return;
      await nextTurn();
      if (this.#lines.length === 0 && !(await readiness.wait())) return;
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<TraceLine, void> {
    return this.read();
  }

  /** The lines that are there now, at most `limit`, without waiting. */
  *drain(limit: number = Infinity): Generator<TraceLine, void> {
    limitOf({ limit });
    for (let taken = 0; taken < limit; taken++) {
      if (this.#lines.length === 0 && !this.#fetch()) return;
      yield parseTraceLine(this.#lines.shift()!);
    }
  }

  close(): void {
    for (const reader of this.waiting) reader[Symbol.dispose]();
    this.#pipe.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Reads on until there is a line; false when there is nothing more to read. Empty lines say nothing. */
  #fetch(): boolean {
    this.#assertOpen();
    while (this.#lines.length === 0) {
      const length = this.#readChunk();
      if (length === 0) return false;
      const text = this.#decoder.decode(this.#chunk.subarray(0, length), { stream: true });
      const parts = (this.#rest + text).split("\n");
      this.#rest = parts.pop()!;
      this.#lines.push(...parts.filter((line) => line !== ""));
    }
    return true;
  }

  #readChunk(): number {
    try {
      return this.#kernel.readInto(this.#pipe.handle, this.#chunk);
    } catch (error) {
      if (isTransient(error)) return 0; // nothing there
      throw error;
    }
  }

  #assertOpen(): void {
    if (this.#pipe.handle.closed) throw new ClosedError("trace output");
  }
}
