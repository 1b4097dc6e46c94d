/**
 * Sockets as programs see them: `struct bpf_sock`, and what else a test says of one.
 * @module
 */
import { SimulatedObject } from "../object.ts";
import type { GivenObject } from "../typed/given.ts";
import { Placement } from "../typed/placement.ts";
import type { KernelTypes } from "../typed/kernel-types.ts";
import { TypedWriter } from "../typed/typed-writer.ts";
import type { Memory } from "../vm/memory.ts";

/** A socket. */
export class SimulatedSocket extends SimulatedObject {
  readonly kind = "socket";
  /** Where programs find its `struct bpf_sock`. */
  readonly address: bigint;
  /** What was set with `bpf_setsockopt`, by level and option. */
  readonly options: Map<string, Uint8Array> = new Map();

  constructor(types: KernelTypes, memory: Memory, fields: GivenObject) {
    super("a socket");
    const placement = new Placement(memory);
    this.address = new TypedWriter(types.contexts, placement).object("bpf_sock", { ...fields });
    this.atEnd(() => placement[Symbol.dispose]());
  }
}
