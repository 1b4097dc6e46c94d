/**
 * Writing to a pipe or a file without one of Node's streams, which take milliseconds to make.
 *
 * As with the streams of the process, a write to a pipe or a file returns when it is done. Terminals need streams: they
 * have a width, and colours.
 * @module
 */
import { fstatSync, writeSync } from "node:fs";

/** What lines are written to: a part of a stream. */
export interface LineTarget {
  /** Whether it wants more at once. */
  write(text: string | Uint8Array): boolean;
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
  on(event: "drain", listener: () => void): unknown;
  off(event: "drain", listener: () => void): unknown;
}

/** Writes to the descriptor of a pipe or a file, and goes on with `stream()` where that would block. */
export class PlainOutput implements LineTarget {
  readonly #descriptor: number;
  readonly #stream: () => LineTarget;
  #onError: ((error: NodeJS.ErrnoException) => void) | undefined;
  #onDrain: (() => void) | undefined;
  #goesOn: LineTarget | undefined;

  constructor(descriptor: number, stream: () => LineTarget) {
    this.#descriptor = descriptor;
    this.#stream = stream;
  }

  write(text: string): boolean {
    if (this.#goesOn !== undefined) return this.#goesOn.write(text);
    const bytes = Buffer.from(text);
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.#descriptor, bytes, written);
      return true;
    } catch (error) {
      return this.#failed(error as NodeJS.ErrnoException, bytes.subarray(written));
    }
  }

  on(event: "error" | "drain", listener: (error: NodeJS.ErrnoException) => void): void {
    if (event === "error") this.#onError = listener;
    else this.#onDrain = listener as () => void;
  }

  off(_event: "drain", listener: () => void): void {
    this.#goesOn?.off("drain", listener);
    this.#onDrain = undefined;
  }

  /** A pipe whose other end somebody made not to block is left to a stream, which can wait. */
  #failed(error: NodeJS.ErrnoException, rest: Uint8Array): boolean {
    if (error.code !== "EAGAIN") {
      this.#onError?.(error);
      return false;
    }
    this.#goesOn = this.#stream();
    if (this.#onError !== undefined) this.#goesOn.on("error", this.#onError);
    if (this.#onDrain !== undefined) this.#goesOn.on("drain", this.#onDrain);
    return this.#goesOn.write(rest);
  }
}

/** Whether `descriptor` is a pipe or a file, as opposed to a terminal; what cannot be looked at is none. */
export function isPlain(descriptor: number): boolean {
  try {
    const status = fstatSync(descriptor);
    return status.isFIFO() || status.isFile();
  } catch {
    return false;
  }
}
