/**
 * Live queues and stacks.
 * @module
 */
import { assertWord } from "../base/arguments.ts";
import { viewOf } from "../base/bytes.ts";
import { ClosedError } from "../base/errors.ts";
import { NoSpaceError } from "../kernel/errors.ts";
import type { ElementAccess } from "../kernel/kernel.ts";
import type { KeyedMapSpec } from "../spec/map-spec.ts";
import { BpfMap, type MapHold } from "./bpf-map.ts";

type QueueType = "queue" | "stack";

/** A live queue (first in, first out) or stack (last in, first out). */
export class QueueMap<Value> extends BpfMap<KeyedMapSpec<QueueType, undefined, Value>> {
  readonly #access: ElementAccess;
  readonly #view: DataView;

  constructor(hold: MapHold<KeyedMapSpec<QueueType, undefined, Value>>) {
    super(hold);
    const shape = { name: this.name, keySize: 0, valueSize: this.spec.value.size };
    this.#access = this.kernel.openElements(this.handle, shape);
    this.#view = viewOf(this.#access.value);
  }

  /** Adds a value; false when there is no room. With mode `exist` the oldest value makes room. */
  push(value: Value, { mode = "any" }: { readonly mode?: "any" | "exist" } = {}): boolean {
    this.#assertOpen();
    if (mode !== "any") assertWord(mode, ["any", "exist"], "the mode of a push");
    this.spec.value.write(this.#view, 0, value);
    try {
      this.#access.update(mode);
      return true;
    } catch (error) {
      if (error instanceof NoSpaceError) return false;
      throw error;
    }
  }

  /** Takes out the next value; `undefined` when there is none. */
  pop(): Value | undefined {
    this.#assertOpen();
    return this.#access.lookupAndDelete("plain") ? this.#read() : undefined;
  }

  /** The next value, which stays; `undefined` when there is none. */
  peek(): Value | undefined {
    this.#assertOpen();
    return this.#access.lookup("plain") ? this.#read() : undefined;
  }

  /** Takes out values until there are none. */
  *drain(): Generator<Value, void> {
    this.#assertOpen();
    while (this.#access.lookupAndDelete("plain")) {
      yield this.#read();
      this.#assertOpen();
    }
  }

  #read(): Value {
    return this.spec.value.read(this.#view, 0);
  }

  #assertOpen(): void {
    if (this.closed) throw new ClosedError(`map "${this.name}"`);
  }
}
