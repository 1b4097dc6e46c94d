/**
 * Live arrays: elements 0 to n-1, which always exist.
 *
 * An array with flag `mmapable` is mapped into this process when it is created, and then read and written as memory:
 * about a nanosecond instead of a system call. Values wider than 8 bytes may be seen half-written, as with a system
 * call.
 * @module
 */
import { ClosedError, InvalidArgumentError } from "../base/errors.ts";
import { isPermissionDenied } from "../kernel/errors.ts";
import type { MappedMemory, MemoryOptions } from "../kernel/kernel.ts";
import type { KeyedMapSpec } from "../spec/map-spec.ts";
import type { MapHold } from "./bpf-map.ts";
import { ElementMap, type LookupOptions, type UpdateOptions } from "./element-map.ts";
import { elementStride, mappedElements, type MappedElements } from "./mapped-elements.ts";
import { perCpuLayout } from "./per-cpu.ts";

/** A live array. Type `array`. */
export class ArrayMap<Value> extends ElementMap<"array", number, Value> {
  readonly #length: number;
  #memory: MappedMemory | undefined;
  #mapped: MappedElements<Value> | undefined;
  #frozen = false;

  constructor(hold: MapHold<KeyedMapSpec<"array", number, Value>>) {
    super(hold, hold.spec.value);
    this.#length = hold.spec.maxEntries;
    if (hold.spec.flags.includes("mmapable")) this.#mapAsAllowed();
  }

  /** Number of elements. */
  get length(): number {
    return this.#length;
  }

  /** Whether elements are reached as memory, without system calls. */
  get mapped(): boolean {
    return this.#mapped !== undefined;
  }

  /** The value at `index`, or `undefined` outside of the array. */
  override get(index: number, options?: LookupOptions): Value | undefined {
    const mapped = this.#mapped;
    if (mapped !== undefined && options === undefined) return mapped.get(index);
    return isIndex(index, this.#length) ? super.get(index, options) : undefined;
  }

  /**
   * Stores `value` at `index`.
   * @throws {InvalidArgumentError} outside of the array.
   * @throws {BusyError} or {@link PermissionError} when the map is frozen.
   */
  override set(index: number, value: Value, options?: UpdateOptions): void {
    this.#assertIndex(index);
    const mapped = this.#frozen || options !== undefined ? undefined : this.#mapped;
    if (mapped === undefined) super.set(index, value, options);
    else mapped.set(index, value);
  }

  override count(): number {
    return this.#length;
  }

  /** Freezes the map; memory mapped for writing is mapped again for reading, as the kernel wants. */
  override freeze(): void {
    const mapped = this.mapped;
    if (mapped) this.#unmap();
    super.freeze();
    this.#frozen = true;
    if (mapped) this.#map("read");
  }

  override close(): void {
    this.#unmap();
    super.close();
  }

  /** A pinned map may have been frozen by somebody; then it can only be mapped for reading. */
  #mapAsAllowed(): void {
    try {
      this.#map("read-write");
    } catch (error) {
      if (!isPermissionDenied(error)) throw error;
      this.#frozen = true;
      this.#map("read");
    }
  }

  #map(access: MemoryOptions["access"]): void {
    const { value: layout } = this.spec;
    const sizeBytes = elementStride(layout) * this.#length;
    this.#memory = this.kernel.openMemory(this.handle, { sizeBytes, access });
    this.#mapped = mappedElements(layout, this.#length, this.#memory.bytes);
  }

  #unmap(): void {
    this.#mapped = undefined;
    this.#memory?.close();
    this.#memory = undefined;
  }

  #assertIndex(index: number): void {
    if (this.closed) throw new ClosedError(`map "${this.name}"`);
    if (isIndex(index, this.#length)) return;
    throw new InvalidArgumentError(`array "${this.name}" has no element ${index}`, {
      hint: `its elements are 0 to ${this.#length - 1}`,
    });
  }
}

/** A live array with a value per CPU and index: `get` returns one for each possible CPU. */
export class PerCpuArrayMap<Value> extends ElementMap<
  "percpu_array",
  number,
  readonly Value[],
  Value
> {
  readonly #slots: number;

  constructor(hold: MapHold<KeyedMapSpec<"percpu_array", number, Value>>) {
    const slots = hold.kernel.cpus.possible.length;
    super(hold, perCpuLayout(hold.spec.value, slots));
    this.#slots = slots;
  }

  /** Number of elements. */
  get length(): number {
    return this.spec.maxEntries;
  }

  /** Numbers of the CPUs that the values of `get` belong to, in the same order. */
  get cpus(): readonly number[] {
    return this.kernel.cpus.possible;
  }

  /** Stores one value for all CPUs. */
  setAll(index: number, value: Value): void {
    this.set(
      index,
      Array.from({ length: this.#slots }, () => value),
    );
  }
}

function isIndex(index: number, length: number): boolean {
  return index >>> 0 === index && index < length;
}
