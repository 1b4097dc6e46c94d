/**
 * Live Bloom filters.
 * @module
 */
import { viewOf } from "../base/bytes.ts";
import { ClosedError } from "../base/errors.ts";
import type { ElementAccess } from "../kernel/kernel.ts";
import type { BloomFilterSpec } from "../spec/map-spec.ts";
import { BpfMap, type MapHold } from "./bpf-map.ts";

/** A live Bloom filter. */
export class BloomFilter<Value> extends BpfMap<BloomFilterSpec<Value>> {
  readonly #access: ElementAccess;
  readonly #view: DataView;

  constructor(hold: MapHold<BloomFilterSpec<Value>>) {
    super(hold);
    const shape = { name: this.name, keySize: 0, valueSize: this.spec.value.size };
    this.#access = this.kernel.openElements(this.handle, shape);
    this.#view = viewOf(this.#access.value);
  }

  /** Remembers `value`. */
  add(value: Value): void {
    this.#write(value);
    this.#access.update("any");
  }

  /** Whether `value` may have been added: false is certain. */
  mayHave(value: Value): boolean {
    this.#write(value);
    return this.#access.lookup("plain");
  }

  #write(value: Value): void {
    if (this.closed) throw new ClosedError(`map "${this.name}"`);
    this.spec.value.write(this.#view, 0, value);
  }
}
