/**
 * Lines to a stream, many at a time, and no more than the reader takes.
 *
 * Lines of one turn of the event loop are written together. When the stream wants no more, the writer says so by `full`,
 * and whoever makes the lines stops until `onRoom`; so a slow reader costs no memory. A reader that has gone away
 * (`| head`) is no error: the writer is `broken` then, and swallows what comes.
 * @module
 */
import type { LineTarget } from "./plain-output.ts";

/** Characters after which lines are written within a turn. */
const chunkLength = 1 << 16;

/** Writes lines to `stream`, which stays the caller's. */
export class LineWriter implements Disposable {
  /** Called when there is room again after `full`. */
  onRoom: (() => void) | undefined;
  /** Called when the reader has gone away, or the stream cannot be written to any more. */
  onBroken: (() => void) | undefined;
  readonly #stream: LineTarget;
  #pending = "";
  #flushing = false;
  #full = false;
  #broken = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(stream: LineTarget) {
    this.#stream = stream;
    stream.on("error", this.#onError);
    stream.on("drain", this.#onDrain);
  }

  /** Whether the stream has not yet taken what it was given; more lines would only pile up. */
  get full(): boolean {
    return this.#full;
  }

  /** Whether nothing can be written any more. */
  get broken(): boolean {
    return this.#broken;
  }

  /** Adds a line; the end of the line is put behind it. */
  write(line: string): void {
    if (this.#broken) return;
    this.#pending += `${line}\n`;
    if (this.#pending.length >= chunkLength) this.flush();
    else if (!this.#flushing) this.#flushSoon();
  }

  /** Hands all lines to the stream. */
  flush(): void {
    if (this.#pending === "" || this.#broken) return;
    const chunk = this.#pending;
    this.#pending = "";
    if (!this.#stream.write(chunk)) this.#full = true;
  }

  /**
   * Resolves when the stream has taken everything, or is broken.
   * @throws the stream's error, unless the reader has gone away.
   */
  async settled(): Promise<void> {
    this.flush();
    if (this.#full && !this.#broken) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  [Symbol.dispose](): void {
    this.flush();
    this.#stream.off("drain", this.#onDrain);
  }

  #flushSoon(): void {
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.flush();
    });
  }

  readonly #onDrain = (): void => {
    this.#full = false;
    this.#wake?.();
    this.onRoom?.();
  };

  readonly #onError = (error: NodeJS.ErrnoException): void => {
    if (this.#broken) return;
    this.#broken = true;
    this.#pending = "";
    if (!isReaderGone(error)) this.#failure = error;
    this.#wake?.();
    this.onBroken?.();
  };
}

/** Whether `error` says that nobody reads any more: a closed pipe, or a terminal that was hung up. */
export function isReaderGone(error: NodeJS.ErrnoException): boolean {
  return error.code === "EPIPE" || error.code === "EIO" || error.code === "ERR_STREAM_DESTROYED";
}
