/**
 * The streams of a program: text that it prints for whoever reads it, and that is gone then (kernel/bpf/stream.c).
 * @module
 */
import { failed } from "./errno.ts";

/** Streams by the number that programs know them by: BPF_STDOUT and BPF_STDERR of include/uapi/linux/bpf.h. */
const numbers: ReadonlyMap<number, StreamName> = new Map([
  [1, "stdout"],
  [2, "stderr"],
]);

/** BPF_STREAM_MAX_CAPACITY of include/linux/bpf.h. */
const capacity = 100_000;

/** Name of a stream. */
export type StreamName = "stdout" | "stderr";

/** Both streams of a program. */
export class ProgramStreams {
  readonly stdout: ProgramStream = new ProgramStream();
  readonly stderr: ProgramStream = new ProgramStream();

  /** The stream with a number; `undefined` for numbers of none. */
  numbered(number: number): ProgramStream | undefined {
    const name = numbers.get(number);
    return name && this[name];
  }
}

/** One stream: texts in their order. What is read of one text in parts is free when all of it is read. */
export class ProgramStream {
  readonly #texts: Uint8Array[] = [];
  /** Bytes of the first text that were read. */
  #read = 0;
  #used = 0;

  /** Adds a text: 0, or a negated errno when there is no room for it. */
  write(text: Uint8Array): number {
    if (this.#used + text.length >= capacity) return failed.noSpace;
    this.#used += text.length;
    this.#texts.push(text);
    return 0;
  }

  /** Moves what fits into `buffer`; returns how many bytes. */
  readInto(buffer: Uint8Array): number {
    let length = 0;
    for (let text = this.#texts[0]; text !== undefined; text = this.#texts[0]) {
      const part = text.subarray(this.#read, this.#read + buffer.length - length);
      buffer.set(part, length);
      length += part.length;
      this.#read += part.length;
      if (this.#read < text.length) break;
      this.#texts.shift();
      this.#used -= text.length;
      this.#read = 0;
    }
    return length;
  }
}
