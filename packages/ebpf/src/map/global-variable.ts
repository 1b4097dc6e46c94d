/**
 * Live variables: what programs and user space share.
 *
 * The variable is in the only element of an array that is mapped into this process, so that reading and writing it costs
 * no system call. Those of one section of an object file share the element. Values wider than 8 bytes may be seen half-written.
 * @module
 */
import { ClosedError, InvalidArgumentError } from "../base/errors.ts";
import { alignUp, viewOf } from "../base/bytes.ts";
import { bytes } from "../layout/bytes.ts";
import type { Handle } from "../kernel/handle.ts";
import type { Kernel, MappedMemory } from "../kernel/kernel.ts";
import { bytesAtStart } from "../spec/global-spec.ts";
import type { GlobalSpec } from "../spec/map-spec.ts";
import type { Arena } from "./arena.ts";
import { type CompareAndSet, compareAndSetIn, isWord, noWord } from "./atomic-words.ts";
import { BpfMap, type MapHold } from "./bpf-map.ts";

/** A loaded variable. */
export class GlobalVariable<Value> extends BpfMap<GlobalSpec<Value>> {
  /** Those in a section only map it once they are used: there may be very many. */
  #memory: MappedMemory | undefined;
  #mapped: DataView | undefined;
  readonly #offset: number;
  /** The arena that it lies in. */
  readonly #arena: Arena | undefined;
  #compareAndSet: CompareAndSet<Value> | undefined;

  constructor(hold: MapHold<GlobalSpec<Value>>, arena?: Arena) {
    super(hold);
    const { within } = this.spec;
    this.#offset = within?.offset ?? 0;
    this.#arena = arena;
    if (within === undefined) this.#open();
  }

  /**
   * A variable in the memory of `arena`, which gets the value that it starts with. It is gone with the arena.
   * @throws {InvalidArgumentError} when it does not lie in the arena.
   */
  static inArena<Value>(
    kernel: Kernel,
    spec: GlobalSpec<Value>,
    arena: Arena,
  ): GlobalVariable<Value> {
    arena.write(bytes(spec.layout.size), spec.within?.offset ?? 0, bytesAtStart(spec));
    return new GlobalVariable({ kernel, spec, handle: arena.handle.duplicate() }, arena);
  }

  #open(): DataView {
    if (this.#arena !== undefined) return (this.#mapped = viewOf(this.#arena.bytes));
    const { layout, variable, within } = this.spec;
    const access = variable === "config" ? "read" : "read-write";
    const sizeBytes = alignUp(within?.size ?? layout.size, 8);
    this.#memory = this.kernel.openMemory(this.handle, { sizeBytes, access });
    this.#mapped = viewOf(this.#memory.bytes);
    return this.#mapped;
  }

  get #view(): DataView {
    return this.#mapped ?? this.#open();
  }

  /** The value as it is now: a copy. */
  get value(): Value {
    this.#assertOpen();
    return this.spec.layout.read(this.#view, this.#offset);
  }

  /**
   * Programs see it from now on.
   * @throws {InvalidArgumentError} for what is `config`: it is constant once it is loaded.
   */
  set value(value: Value) {
    this.#assertOpen();
    if (this.spec.variable === "config") throw constant(this.name);
    this.spec.layout.write(this.#view, this.#offset, value);
  }

  /**
   * Whether {@link compareAndSet} works: not for what is `config`, and only for values of 4 or 8 bytes, which lie at a
   * multiple of that.
   */
  get atomic(): boolean {
    const { variable, layout } = this.spec;
    return variable !== "config" && isWord(layout) && this.#offset % layout.size === 0;
  }

  /**
   * Makes `next` the value if it is `expected`, and says whether it was. This is one step, also towards programs: what
   * they write is never overwritten unseen.
   * @throws {InvalidArgumentError} when the variable is not {@link atomic}.
   */
  compareAndSet(expected: Value, next: Value): boolean {
    this.#assertOpen();
    if (!this.atomic) throw noWord(`variable "${this.name}"`);
    this.#compareAndSet ??= this.#compareAndSetHere();
    return this.#compareAndSet(0, expected, next);
  }

  #compareAndSetHere(): CompareAndSet<Value> {
    const { layout } = this.spec;
    const { buffer, byteOffset } = this.#view;
    const bytes = new Uint8Array(buffer, byteOffset + this.#offset, layout.size);
    return compareAndSetIn(layout, bytes);
  }

  override close(): void {
    this.#memory?.close();
    super.close();
  }

  #assertOpen(): void {
    if (this.closed || this.#arena?.closed === true)
      throw new ClosedError(`variable "${this.name}"`);
  }
}

function constant(name: string): InvalidArgumentError {
  return new InvalidArgumentError(`"${name}" is constant once it is loaded`, {
    hint: `set ${name}.value before loading, or declare it with global(…)`,
  });
}

const onlyKey = new Uint8Array(4);

/** Stores the value that `spec` has now, and freezes what is `config`, so that the verifier takes it for a constant. */
export function initializeVariable(kernel: Kernel, spec: GlobalSpec<unknown>, map: Handle): void {
  const value = bytesAtStart(spec);
  kernel.bpf("mapUpdateElem", { map, key: onlyKey, value });
  if (spec.variable === "config") kernel.bpf("mapFreeze", { map });
}
