/**
 * Maps of elements: keys with values, read and written through layouts.
 *
 * Every operation encodes the key into memory the kernel reads, makes one prepared call and decodes the value from
 * memory the kernel wrote, so that nothing is allocated but the result. Many elements at once go in batches.
 * @module
 */
import { viewOf } from "../base/bytes.ts";
import { ClosedError } from "../base/errors.ts";
import type { ElementAccess, LookupMode, UpdateMode } from "../kernel/kernel.ts";
import { assertLookupMode, assertUpdateMode } from "../kernel/modes.ts";
import type { Layout } from "../layout/layout.ts";
import type { KeyedMapSpec, KeyedMapType } from "../spec/map-spec.ts";
import { BpfMap, type MapHold } from "./bpf-map.ts";
import { BatchReader, type BatchOptions } from "./batch-reader.ts";
import type { BatchSupport, BatchTarget } from "./batch-target.ts";
import { BatchWriter } from "./batch-writer.ts";
import type { ElementBatch } from "./element-batch.ts";

/** Options of a lookup. */
export interface LookupOptions {
  /** Take the value's spin lock, so that a value being written is never seen half. Minimum kernel 5.1. */
  readonly lock?: LookupMode;
}

/** Options of an update. */
export interface UpdateOptions {
  /** `any` (the default) replaces or creates; `noexist` only creates; `exist` only replaces. */
  readonly mode?: UpdateMode;
}

/** A live map of elements. `Value` is what one lookup returns: for per-CPU maps an array. */
export abstract class ElementMap<
  Type extends KeyedMapType = KeyedMapType,
  Key = unknown,
  Value = unknown,
  Slot = Value,
> extends BpfMap<KeyedMapSpec<Type, Key, Slot>> {
  /** How a value lies in what one lookup fills. */
  readonly valueLayout: Layout<Value>;
  readonly #keyLayout: Layout<Key>;
  #opened: OpenedAccess | undefined;
  #batchSupport: BatchSupport = "untried";
  #restarts = 0;

  constructor(hold: MapHold<KeyedMapSpec<Type, Key, Slot>>, valueLayout: Layout<Value>) {
    super(hold);
    this.valueLayout = valueLayout;
    this.#keyLayout = hold.spec.key;
  }

  /** Whether batches are made by the kernel (`batch`), one element at a time (`single`), or have not been needed. */
  get batchSupport(): BatchSupport {
    return this.#batchSupport;
  }

  /** The value at `key`, or `undefined` when there is none. */
  get(key: Key, { lock = "plain" }: LookupOptions = lookupDefaults): Value | undefined {
    if (lock !== "plain") assertLookupMode(lock);
    this.writeKey(key);
    return this.access.lookup(lock) ? this.readValue() : undefined;
  }

  /** Whether there is an element at `key`. */
  has(key: Key): boolean {
    this.writeKey(key);
    return this.access.lookup("plain");
  }

  /**
   * Stores `value` at `key`.
   * @throws {ExistsError} with mode `noexist` when the element is there.
   * @throws {NotFoundError} with mode `exist` when it is not.
   * @throws {NoSpaceError} when the map is full.
   */
  set(key: Key, value: Value, { mode = "any" }: UpdateOptions = updateDefaults): void {
    if (mode !== "any") assertUpdateMode(mode);
    this.writeKey(key);
    this.valueLayout.write(this.#open().value, 0, value);
    this.access.update(mode);
  }

  /** Stores many elements, in batches where the kernel has them (minimum 5.6). */
  setMany(entries: Iterable<readonly [Key, Value]>, { mode = "any" }: UpdateOptions = {}): void {
    assertUpdateMode(mode);
    const writer = new BatchWriter(this.batchTarget(), mode);
    for (const [key, value] of entries) writer.add(key, value);
    writer.flush();
    this.#batchSupport = writer.support;
  }

  /**
   * Elements in batches of raw memory that is decoded where it is looked at: the fastest way to read a whole map.
   * @throws {InvalidArgumentError} for a size of batches that cannot be.
   */
  *batches(options: BatchOptions = {}): Generator<ElementBatch<Key, Value>, void> {
    yield* this.readBatches("mapLookupBatch", options);
  }

  /**
   * All elements, each as key and value. Elements that are added or removed meanwhile may or may not be among them.
   */
  *entries(): Generator<[Key, Value], void> {
    for (const batch of this.batches()) yield* batch;
  }

  /** All values. */
  *values(): Generator<Value, void> {
    for (const batch of this.batches()) {
      for (let index = 0; index < batch.length; index++) yield batch.value(index);
    }
  }

  /**
   * All keys, each once, whoever adds or deletes elements meanwhile: those that were there all the time are among them.
   * Keys come in batches, so the element of one may be gone already.
   */
  *keys(): Generator<Key, void> {
    for (const batch of this.batches()) {
      for (let index = 0; index < batch.length; index++) yield batch.key(index);
    }
  }

  /**
   * How often an iteration over this object was thrown back to the start, because somebody deleted the element it stood
   * on. It went on where it had been, so nothing came twice; it only took longer. Happens with tries, resizable hash
   * maps, and on kernels without batches.
   */
  get restarts(): number {
    return this.#restarts;
  }

  [Symbol.iterator](): Generator<[Key, Value], void> {
    return this.entries();
  }

  /** Number of elements, found by counting them. */
  count(): number {
    let total = 0;
    for (const batch of this.batches()) total += batch.length;
    return total;
  }

  /** All elements as a JavaScript map. Keys that are objects are compared by identity there: prefer `entries`. */
  dump(): Map<Key, Value> {
    return new Map(this.entries());
  }

  /** Prepared calls on the map, laid out when the first one is made. */
  protected get access(): ElementAccess {
    return this.#open().access;
  }

  protected writeKey(key: Key): void {
    if (this.closed) throw new ClosedError(`map "${this.name}"`);
    this.#keyLayout.write(this.#open().key, 0, key);
  }

  protected readValue(): Value {
    return this.valueLayout.read(this.#open().value, 0);
  }

  protected assertOpen(): void {
    if (this.closed) throw new ClosedError(`map "${this.name}"`);
  }

  #open(): OpenedAccess {
    return (this.#opened ??= this.#prepare());
  }

  #prepare(): OpenedAccess {
    const { size: keySize } = this.#keyLayout;
    const shape = { name: this.name, keySize, valueSize: this.valueLayout.size };
    const access = this.kernel.openElements(this.handle, shape);
    return { access, key: viewOf(access.key), value: viewOf(access.value) };
  }

  /** What batches are read from and written to. */
  protected batchTarget(): BatchTarget<Key, Value> {
    return {
      kernel: this.kernel,
      name: this.name,
      handle: this.handle,
      maxEntries: this.spec.maxEntries,
      key: this.#keyLayout,
      value: this.valueLayout,
      access: this.access,
      walksByKey: this.type === "lpm_trie" || this.type === "rhash",
      mayMiss: this.type === "rhash",
    };
  }

  /** Notes how a batch was made. */
  protected noteBatch(support: BatchSupport): void {
    this.#batchSupport = support;
  }

  /** Batches made by one of the reading commands, noting how the kernel took it. */
  protected *readBatches(
    command: "mapLookupBatch" | "mapLookupAndDeleteBatch",
    options: BatchOptions,
  ): Generator<ElementBatch<Key, Value>, void> {
    const reader = new BatchReader(this.batchTarget(), command, options);
    try {
      for (const batch of reader.read()) {
        this.#batchSupport = reader.support;
        yield batch;
        this.assertOpen();
      }
    } finally {
      this.#restarts += reader.restarts;
    }
  }
}

/** Prepared calls with views of the memory they share with the kernel. */
interface OpenedAccess {
  readonly access: ElementAccess;
  readonly key: DataView;
  readonly value: DataView;
}

const lookupDefaults: LookupOptions = {};
const updateDefaults: UpdateOptions = {};
