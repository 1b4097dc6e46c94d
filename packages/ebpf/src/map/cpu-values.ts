/**
 * The value of one CPU in a per-CPU map.
 *
 * Since 7.0 the kernel moves single values. Before that all are read and one is taken, which is the same to the reader;
 * writing is refused there, since it could only be done by storing the values of the other CPUs again, over what
 * programs have written meanwhile.
 * @module
 */
import { alignUp } from "../base/bytes.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { isNotSupported, NotSupportedError } from "../kernel/errors.ts";
import type { Handle } from "../kernel/handle.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { encodeValue, parseValue } from "../layout/value.ts";
import type { Layout } from "../layout/layout.ts";
import { exists } from "./object-map.ts";

/** A per-CPU map. */
interface PerCpuMap<Key, Value> {
  readonly handle: Handle;
  get(key: Key): readonly Value[] | undefined;
}

/** What the values are of. */
interface Hold<Key, Value> {
  readonly kernel: Kernel;
  readonly spec: {
    readonly name: string;
    readonly key: Layout<Key>;
    readonly value: Layout<Value>;
  };
}

/** Values of single CPUs of one map. */
export class CpuValues<Key, Value> {
  readonly #hold: Hold<Key, Value>;
  #supported = true;

  constructor(hold: Hold<Key, Value>) {
    this.#hold = hold;
  }

  /** The value of CPU `cpu` at `key`; `undefined` when there is none at all. */
  get(map: PerCpuMap<Key, Value>, key: Key, cpu: number): Value | undefined {
    const slot = this.#slotOf(cpu);
    if (this.#supported) {
      try {
        return this.#read(map, key, cpu);
      } catch (error) {
        if (!isNotSupported(error)) throw error;
        this.#supported = false;
      }
    }
    return map.get(key)?.[slot];
  }

  /** Stores the value of one CPU. */
  set(
    map: PerCpuMap<Key, Value>,
    key: Key,
    { cpu, value }: { readonly cpu: number; readonly value: Value },
  ): void {
    this.#slotOf(cpu);
    const { kernel, spec } = this.#hold;
    const bytes = padded(encodeValue(spec.value, value));
    const keyBytes = encodeValue(spec.key, key);
    try {
      kernel.bpf("mapUpdateElem", { map: map.handle, key: keyBytes, value: bytes, cpu });
    } catch (error) {
      throw isNotSupported(error) ? cannotStore(spec.name, error) : error;
    }
  }

  #read(map: PerCpuMap<Key, Value>, key: Key, cpu: number): Value | undefined {
    const { kernel, spec } = this.#hold;
    const value = padded(new Uint8Array(spec.value.size));
    const keyBytes = encodeValue(spec.key, key);
    const found = exists(() =>
      kernel.bpf("mapLookupElem", { map: map.handle, key: keyBytes, value, cpu }),
    );
    return found ? parseValue(spec.value, value.subarray(0, spec.value.size)) : undefined;
  }

  /** Which of the values is that of CPU `cpu`: they come in the order of possible CPUs, which may have holes. */
  #slotOf(cpu: number): number {
    const { possible } = this.#hold.kernel.cpus;
    const slot = possible.indexOf(cpu);
    if (slot !== -1) return slot;
    throw new InvalidArgumentError(`this machine has no CPU ${cpu}`, {
      hint: `possible CPUs are ${possible.join(", ")}`,
    });
  }
}

/** The kernel moves whole words. */
function padded(bytes: Uint8Array): Uint8Array {
  const words = new Uint8Array(alignUp(bytes.length, 8));
  words.set(bytes);
  return words;
}

function cannotStore(name: string, cause: NotSupportedError): NotSupportedError {
  return new NotSupportedError(`storing the value of one CPU, as asked of map "${name}"`, {
    cause,
    since: [7, 0],
    hint: "store the values of all CPUs with set; what programs count meanwhile on the others is lost",
  });
}
