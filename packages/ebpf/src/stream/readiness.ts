/**
 * Waiting until something can be read, without a thread and without polling.
 * @module
 */
import type { Handle } from "../kernel/handle.ts";
import type { Kernel, Watch } from "../kernel/kernel.ts";

/** When waiting ends though nothing can be read. */
export interface WaitOptions {
  /** Ends the reading; what is in the ring stays there. */
  readonly signal?: AbortSignal | undefined;
  /** Ends the reading this many milliseconds after it began. */
  readonly timeoutMs?: number | undefined;
}

/** What can be waited for: something with a handle, which ends the waiting before it closes the handle. */
export interface Waitable {
  readonly handle: Handle;
  /** Readers that wait now; whoever closes the handle closes them first. */
  readonly waiting: Set<Disposable>;
}

/** Waits for some handles, again and again, until the signal, the time-out or `close`. */
export class Readiness implements Disposable {
  readonly #signal: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #watch: Watch;
  readonly #sources: readonly Waitable[];
  #ended = false;
  #readable = false;
  #wake: (() => void) | undefined;

  constructor(kernel: Kernel, sources: readonly Waitable[], options: WaitOptions) {
    const { signal, timeoutMs } = options;
    const handles = sources.map(({ handle }) => handle);
    this.#watch = kernel.watch(handles, () => this.#onReadable());
    this.#sources = sources;
    for (const { waiting } of sources) waiting.add(this);
    this.#signal = signal;
    this.#ended = signal?.aborted ?? false;
    signal?.addEventListener("abort", this.#end);
    if (timeoutMs !== undefined) this.#timer = setTimeout(this.#end, timeoutMs);
  }

  /** Whether the signal or the time-out has ended the waiting. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Resolves when there may be something to read (true), or when the waiting has ended (false). */
  async wait(): Promise<boolean> {
    if (this.#readable || this.#ended) return this.#take();
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    return this.#take();
  }

  close(): void {
    this.#end();
    this.#signal?.removeEventListener("abort", this.#end);
    clearTimeout(this.#timer);
    this.#watch.close();
    for (const { waiting } of this.#sources) waiting.delete(this);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #take(): boolean {
    this.#readable = false;
    return !this.#ended;
  }

  #onReadable(): void {
    this.#readable = true;
    this.#wakeUp();
  }

  readonly #end = (): void => {
    this.#ended = true;
    this.#wakeUp();
  };

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}

/** Lets the event loop run timers, signals and other input before going on. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
