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
import { type CompareAndSet, compareAndSetIn, isWord, noWord } from "./atomic-words.ts";
import type { MapHold } from "./bpf-map.ts";
import { ElementMap, type LookupOptions, type UpdateOptions } from "./element-map.ts";
import { elementStride, mappedElements, type MappedElements } from "./mapped-elements.ts";
import { CpuValues } from "./cpu-values.ts";
import { perCpuLayout } from "./per-cpu.ts";

/** A live array. Type `array`. */
export class ArrayMap<Value> extends ElementMap<"array", number, Value> {
  readonly #length: number;
  #memory: MappedMemory | undefined;
  #mapped: MappedElements<Value> | undefined;
  #compareAndSet: CompareAndSet<Value> | undefined;
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
    this.assertOpen();
    return isIndex(index, this.#length) ? super.get(index, options) : undefined;
  }

  /**
   * Stores `value` at `index`.
   * @throws {InvalidArgumentError} outside of the array.
   * @throws {BusyError} or {@link PermissionError} when the map is frozen.
   */
  override set(index: number, value: Value, options?: UpdateOptions): void {
    assertIndex(this, index);
    const mapped = this.#frozen || options !== undefined ? undefined : this.#mapped;
    if (mapped === undefined) super.set(index, value, options);
    else mapped.set(index, value);
  }

  /** Whether {@link compareAndSet} works: values of 4 or 8 bytes, in memory that is mapped for writing. */
  get atomic(): boolean {
    return this.mapped && !this.#frozen && isWord(this.spec.value);
  }

  /**
   * Stores `next` at `index` if the value there is `expected`, and says whether it was. This is one step, also towards
   * programs and other processes: what they write is never overwritten unseen.
   * @throws {InvalidArgumentError} outside of the array, and when the array is not {@link atomic}.
   */
  compareAndSet(index: number, expected: Value, next: Value): boolean {
    assertIndex(this, index);
    if (!this.atomic) throw noWord(`element ${index} of array "${this.name}"`);
    this.#compareAndSet ??= compareAndSetIn(this.spec.value, this.#memory!.bytes);
    return this.#compareAndSet(index, expected, next);
  }

  override count(): number {
    return this.#length;
  }

  /** All indices. */
  override *keys(): Generator<number, void> {
    yield* indicesOf(this);
  }

  /** All values; of an array that is mapped, each as it is in memory when it is asked for. */
  override *values(): Generator<Value, void> {
    if (!this.mapped) yield* super.values();
    else for (const index of this.keys()) yield this.get(index)!;
  }

  /** All elements; of an array that is mapped, each as it is in memory when it is asked for. */
  override *entries(): Generator<[number, Value], void> {
    if (!this.mapped) yield* super.entries();
    else for (const index of this.keys()) yield [index, this.get(index)!];
  }

  /**
   * Freezes the map; memory mapped for writing is mapped again for reading, as the kernel wants. When the kernel refuses,
   * all stays as it was.
   * @throws {BusyError} when somebody else has it mapped for writing.
   */
  override freeze(): void {
    const mapped = this.mapped;
    if (mapped) this.#unmap();
    try {
      super.freeze();
      this.#frozen = true;
    } finally {
      if (mapped) this.#map(this.#frozen ? "read" : "read-write");
    }
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
    this.#compareAndSet = undefined;
    this.#memory?.close();
    this.#memory = undefined;
  }
}

/** A live array with a value per CPU and index: `get` returns one for each possible CPU. */
export class PerCpuArrayMap<Value> extends ElementMap<
  "percpu_array",
  number,
  readonly Value[],
  Value
> {
  readonly #cpuValues: CpuValues<number, Value>;

  constructor(hold: MapHold<KeyedMapSpec<"percpu_array", number, Value>>) {
    super(hold, perCpuLayout(hold.spec.value, hold.kernel.cpus.possible.length));
    this.#cpuValues = new CpuValues(hold);
  }

  /** Number of elements. */
  get length(): number {
    return this.spec.maxEntries;
  }

  /** Numbers of the CPUs that the values of `get` belong to, in the same order. */
  get cpus(): readonly number[] {
    return this.kernel.cpus.possible;
  }

  /**
   * Stores the values of all CPUs at `index`, in the order of {@link cpus}.
   * @throws {InvalidArgumentError} outside of the array, or when there are more or fewer values.
   */
  override set(index: number, values: readonly Value[], options?: UpdateOptions): void {
    assertIndex(this, index);
    super.set(index, values, options);
  }

  /** Stores one value for all CPUs. */
  setAll(index: number, value: Value): void {
    this.set(
      index,
      this.cpus.map(() => value),
    );
  }

  /**
   * The value of CPU `cpu` at `index`, or `undefined` outside of the array. Before kernel 7.0 all values are read for it.
   * @throws {InvalidArgumentError} when there is no such CPU.
   */
  getOn(index: number, cpu: number): Value | undefined {
    return this.#cpuValues.get(this, index, cpu);
  }

  /**
   * Stores the value of CPU `cpu` at `index` and leaves those of the others alone. Minimum kernel 7.0.
   * @throws {InvalidArgumentError} when there is no such CPU, or outside of the array.
   */
  setOn(index: number, cpu: number, value: Value): void {
    assertIndex(this, index);
    this.#cpuValues.set(this, index, { cpu, value });
  }

  override count(): number {
    return this.length;
  }

  /** All indices. */
  override *keys(): Generator<number, void> {
    yield* indicesOf(this);
  }
}

/** What has elements by index. */
interface Indexed {
  readonly name: string;
  readonly closed: boolean;
  readonly length: number;
}

function assertIndex({ name, closed, length }: Indexed, index: number): void {
  if (closed) throw new ClosedError(`map "${name}"`);
  if (isIndex(index, length)) return;
  throw new InvalidArgumentError(`array "${name}" has no element ${index}`, {
    hint: `its elements are 0 to ${length - 1}`,
  });
}

/** Indices need no call of the kernel: all elements are always there. */
function* indicesOf(map: Indexed): Generator<number, void> {
  for (let index = 0; index < map.length; index++) {
    if (map.closed) throw new ClosedError(`map "${map.name}"`);
    yield index;
  }
}

function isIndex(index: number, length: number): boolean {
  return index >>> 0 === index && index < length;
}
