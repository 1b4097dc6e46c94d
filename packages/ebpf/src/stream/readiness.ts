/**
 * Waiting until something can be read, without a thread and without polling.
 * @module
 */
import type { Handle } from "../kernel/handle.ts";
import type { Kernel, Watch } from "../kernel/kernel.ts";
import { type WaitOptions, Waiting } from "./waiting.ts";

/** What can be waited for: something with a handle, which ends the waiting before it closes the handle. */
export interface Waitable {
  readonly handle: Handle;
  /** What becomes readable, where that is not the handle. */
  readonly watched?: readonly Handle[];
  /** Readers that wait now; whoever closes the handle closes them first. */
  readonly waiting: Waiters;
}

/** Those who wait for something. */
export interface Waiters {
  add(waiter: Disposable): void;
  delete(waiter: Disposable): void;
}

/** The handles that become readable. */
export function handlesOf({ handle, watched = [handle] }: Waitable): readonly Handle[] {
  return watched;
}

/** Waits for some handles, again and again, until the signal, the time-out or `close`. */
export class Readiness implements Disposable {
  readonly #watch: Watch;
  readonly #sources: readonly Waitable[];
  readonly #waiting: Waiting;

  constructor(kernel: Kernel, sources: readonly Waitable[], options: WaitOptions) {
    const handles = sources.flatMap(handlesOf);
    using stack = new DisposableStack();
    const own = stack.use(new Waiting(options));
    this.#watch = kernel.watch(handles, () => own.wakeUp());
    this.#waiting = own;
    this.#sources = sources;
    stack.move();
    for (const { waiting } of sources) waiting.add(this);
  }

  /** Whether the signal or the time-out has ended the waiting. */
  get ended(): boolean {
    return this.#waiting.ended;
  }

  /** Resolves when there may be something to read (true), or when the waiting has ended (false). */
  wait(): Promise<boolean> {
    return this.#waiting.wait();
  }

  close(): void {
    this.#waiting.close();
    this.#watch.close();
    for (const { waiting } of this.#sources) waiting.delete(this);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Lets the event loop run timers, signals and other input before going on. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
