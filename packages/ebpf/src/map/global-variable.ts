/**
 * Live variables: what programs and user space share.
 *
 * The variable is the only element of an array that is mapped into this process, so that reading and writing it costs
 * no system call. Values wider than 8 bytes may be seen half-written.
 * @module
 */
import { ClosedError, InvalidArgumentError } from "../base/errors.ts";
import { alignUp, viewOf } from "../base/bytes.ts";
import { encodeValue } from "../layout/value.ts";
import type { Handle } from "../kernel/handle.ts";
import type { Kernel, MappedMemory } from "../kernel/kernel.ts";
import type { GlobalSpec } from "../spec/map-spec.ts";
import { type CompareAndSet, compareAndSetIn, isWord, noWord } from "./atomic-words.ts";
import { BpfMap, type MapHold } from "./bpf-map.ts";

/** A loaded variable. */
export class GlobalVariable<Value> extends BpfMap<GlobalSpec<Value>> {
  readonly #memory: MappedMemory;
  readonly #view: DataView;
  #compareAndSet: CompareAndSet<Value> | undefined;

  constructor(hold: MapHold<GlobalSpec<Value>>) {
    super(hold);
    const { layout, variable } = this.spec;
    const access = variable === "config" ? "read" : "read-write";
    this.#memory = this.kernel.openMemory(this.handle, {
      sizeBytes: alignUp(layout.size, 8),
      access,
    });
    this.#view = viewOf(this.#memory.bytes);
  }

  /** The value as it is now: a copy. */
  get value(): Value {
    this.#assertOpen();
    return this.spec.layout.read(this.#view, 0);
  }

  /**
   * Programs see it from now on.
   * @throws {InvalidArgumentError} for what is `config`: it is constant once it is loaded.
   */
  set value(value: Value) {
    this.#assertOpen();
    if (this.spec.variable === "config") throw constant(this.name);
    this.spec.layout.write(this.#view, 0, value);
  }

  /** Whether {@link compareAndSet} works: not for what is `config`, and only for values of 4 or 8 bytes. */
  get atomic(): boolean {
    return this.spec.variable !== "config" && isWord(this.spec.layout);
  }

  /**
   * Makes `next` the value if it is `expected`, and says whether it was. This is one step, also towards programs: what
   * they write is never overwritten unseen.
   * @throws {InvalidArgumentError} when the variable is not {@link atomic}.
   */
  compareAndSet(expected: Value, next: Value): boolean {
    this.#assertOpen();
    if (!this.atomic) throw noWord(`variable "${this.name}"`);
    this.#compareAndSet ??= compareAndSetIn(this.spec.layout, this.#memory.bytes);
    return this.#compareAndSet(0, expected, next);
  }

  override close(): void {
    this.#memory.close();
    super.close();
  }

  #assertOpen(): void {
    if (this.closed) throw new ClosedError(`variable "${this.name}"`);
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
  const value = encodeValue(spec.layout, spec.value);
  kernel.bpf("mapUpdateElem", { map, key: onlyKey, value });
  if (spec.variable === "config") kernel.bpf("mapFreeze", { map });
}
