/**
 * What programs print with `bpf_trace_printk`: lines for whoever reads the trace pipe, and a list for tests.
 * @module
 */
import type { TracePipe } from "../kernel/event-ring.ts";
import type { Handle } from "../kernel/handle.ts";
import { SimulatedHandle, SimulatedObject } from "./object.ts";
import type { World } from "./world.ts";

const encoder = new TextEncoder();

/** All that is printed. */
export class Printed {
  readonly #world: World;
  readonly #pipes = new Set<SimulatedPipe>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Prints a line. */
  add(text: string): void {
    const { world } = { world: this.#world };
    world.printed.push(text);
    if (this.#pipes.size === 0) return;
    const { comm, tid } = world.task;
    const cpu = String(world.cpu).padStart(3, "0");
    const micros = world.now / 1000n;
    const time = `${micros / 1_000_000n}.${String(micros % 1_000_000n).padStart(6, "0")}`;
    const newline = text.endsWith("\n") ? "" : "\n";
    const line = `${comm.padStart(16)}-${tid} [${cpu}] ...11 ${time}: bpf_trace_printk: ${text}${newline}`;
    for (const pipe of this.#pipes) pipe.add(encoder.encode(line));
  }

  /** Opens a pipe that gets a copy of all that is printed from now on. */
  open(): TracePipe {
    const pipe = new SimulatedPipe();
    this.#pipes.add(pipe);
    pipe.atEnd(() => this.#pipes.delete(pipe));
    const handle: Handle = new SimulatedHandle(pipe);
    const close = (): void => handle.close();
    return { handle, close, [Symbol.dispose]: close };
  }
}

/** A reading end. */
export class SimulatedPipe extends SimulatedObject {
  readonly kind = "file";
  readonly #chunks: Uint8Array[] = [];

  constructor() {
    super("trace pipe");
  }

  override get readable(): boolean {
    return this.#chunks.length > 0;
  }

  add(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
    this.wakeReaders();
  }

  /** Moves whole lines into `buffer`: bytes, or 0 when there are none. */
  readInto(buffer: Uint8Array): number {
    let used = 0;
    for (let next = this.#chunks[0]; next !== undefined; next = this.#chunks[0]) {
      const part = next.subarray(0, buffer.length - used);
      buffer.set(part, used);
      used += part.length;
      this.#chunks.shift();
      if (part.length < next.length) {
        this.#chunks.unshift(next.subarray(part.length));
        break;
      }
    }
    return used;
  }
}
