/**
 * Iterators: links whose program is run by reading from them.
 * @module
 */
import { isTransient } from "../kernel/errors.ts";
import type { Handle, HasHandle } from "../kernel/handle.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Program } from "../program/program.ts";
import { Link, type LinkHold } from "./link.ts";

const chunkBytes = 1 << 16;

/** An attached iterator. Each reading walks over all objects anew. */
export class IteratorLink extends Link {
  readonly #kernel: Kernel;

  constructor(hold: LinkHold) {
    super(hold);
    this.#kernel = hold.kernel;
  }

  /**
   * What the program writes about all objects, in chunks. Each chunk is overwritten by the next.
   * @throws {ClosedError} after `close`.
   */
  *read(): Generator<Uint8Array, void> {
    using iterator = this.#kernel.bpf("iterCreate", { link: this.handle });
    const buffer = new Uint8Array(chunkBytes);
    for (;;) {
      const length = readAgain(this.#kernel, iterator, buffer);
      if (length === 0) return;
      yield buffer.subarray(0, length);
    }
  }

  /** All that the program writes, as text. */
  text(): string {
    const decoder = new TextDecoder();
    let text = "";
    for (const chunk of this.read()) text += decoder.decode(chunk, { stream: true });
    return text + decoder.decode();
  }
}

/** Reads; when many objects went by about which nothing was written, the kernel wants to be asked again. */
function readAgain(kernel: Kernel, iterator: Handle, buffer: Uint8Array): number {
  for (;;) {
    try {
      return kernel.readInto(iterator, buffer);
    } catch (error) {
      if (!isTransient(error)) throw error;
    }
  }
}

/**
 * Attaches an iterator; `map` is the one whose elements it walks over, where it does that. Minimum kernel 5.8.
 * Privileges: CAP_PERFMON (CAP_SYS_ADMIN before 5.8).
 */
export function attachIterator(program: Program, name: string, map?: HasHandle): IteratorLink {
  const { kernel } = program;
  const handle = kernel.bpf("linkCreate", {
    prog: program.handle,
    attachType: "trace_iter",
    iterInfo: map && [map.handle],
  });
  return new IteratorLink({ kernel, kind: "iter", target: `iterator ${name}`, handle });
}
