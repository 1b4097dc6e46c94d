/**
 * The output of one program: what it prints into its streams `stdout` and `stderr`, and what the kernel says there of it.
 *
 * The kernel keeps up to 100 000 bytes for each stream and has no way of telling that there is something, so a reader
 * looks from time to time. Source: kernel/bpf/stream.c.
 * @module
 */
import type { HasHandle } from "../kernel/handle.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { intervalOf, type WaitOptions, Waiting } from "./waiting.ts";

/** A stream of a program. The kernel writes about errors at run time, such as loops it broke off, to `stderr`. */
export type ProgramStream = "stdout" | "stderr";

/** Options of waiting for output. */
export interface OutputOptions extends WaitOptions {
  /** Milliseconds between one look and the next; 50 when left out. */
  readonly intervalMs?: number;
}

/** A program as far as its output is concerned. */
interface PrintingProgram extends HasHandle {
  readonly kernel: Kernel;
}

const chunkBytes = 4096;
const defaultIntervalMs = 50;

/**
 * Reads one stream of a program, which is lent. What is read is gone for other readers. Minimum kernel 6.17; programs
 * print with the kfunc `bpf_stream_vprintk`, called `bpf_stream_vprintk_impl` in 6.18 and 6.19.
 */
export class ProgramOutput implements AsyncIterable<string> {
  readonly #program: PrintingProgram;
  readonly #stream: ProgramStream;
  readonly #decoder = new TextDecoder();
  readonly #chunk = new Uint8Array(chunkBytes);
  #rest = "";

  constructor(program: PrintingProgram, stream: ProgramStream) {
    this.#program = program;
    this.#stream = stream;
  }

  /**
   * The text that is there now, lines or not, and what an earlier `lines` left of one.
   * @throws {NotSupportedError} before kernel 6.17.
   */
  take(): string {
    const text = this.#rest + this.#readAll();
    this.#rest = "";
    return text;
  }

  /** Lines as they come, without their ends; the signal and the time-out end it. */
  async *lines(options: OutputOptions = {}): AsyncGenerator<string, void> {
    const intervalMs = intervalOf(options.intervalMs ?? defaultIntervalMs);
    using waiting = new Waiting(options);
    const timer = setInterval(() => waiting.wakeUp(), intervalMs);
    using _ = { [Symbol.dispose]: () => clearInterval(timer) };
    while (!waiting.ended) {
      this.#rest += this.#readAll();
      for (let end; (end = this.#rest.indexOf("\n")) !== -1;) {
        const line = this.#rest.slice(0, end);
        this.#rest = this.#rest.slice(end + 1);
        yield line;
      }
      if (!(await waiting.wait())) return;
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<string, void> {
    return this.lines();
  }

  #readAll(): string {
    const { kernel, handle } = this.#program;
    let text = "";
    for (;;) {
      const { length } = kernel.bpf("progStreamReadByFd", {
        prog: handle,
        streamId: this.#stream,
        buffer: this.#chunk,
      });
      if (length === 0) return text;
      text += this.#decoder.decode(this.#chunk.subarray(0, length), { stream: true });
    }
  }
}
