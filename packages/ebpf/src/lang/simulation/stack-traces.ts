/**
 * Stacks of a simulation and their numbers.
 * @module
 */
import type { MapSpec } from "../../spec/map-spec.ts";
import { bytesOfValue } from "../../layout/memory-object.ts";
import { u64 } from "../../layout/integer.ts";
import type { SimulationOptions } from "./simulation-options.ts";
import { keyBytes, type SimulatedMaps } from "./simulated-maps.ts";
import { failure } from "./status.ts";

/** BPF_F_USER_STACK of include/uapi/linux/bpf.h. */
const userStackFlag = 256n;

/** Numbers of stacks: 0, 1, 2… in the order they were seen, for each map. */
export class StackTraces {
  readonly #options: SimulationOptions;
  readonly #maps: SimulatedMaps;
  readonly #ids = new Map<MapSpec, Map<string, number>>();

  constructor(options: SimulationOptions, maps: SimulatedMaps) {
    this.#options = options;
    this.#maps = maps;
  }

  /** The number of the current stack in `map`; -EFAULT when the test gave none. */
  idOf(map: MapSpec, flags: bigint): number {
    const { kernelStack, userStack } = this.#options;
    const stack = flags & userStackFlag ? userStack : kernelStack;
    if (stack === undefined || stack.length === 0) return failure.fault;
    const ids = this.#ids.get(map) ?? new Map<string, number>();
    this.#ids.set(map, ids);
    const known = ids.get(stack.join());
    if (known !== undefined) return known;
    if (ids.size >= map.maxEntries) return failure.exists;
    const id = ids.size;
    ids.set(stack.join(), id);
    this.#store(map, id, stack);
    return id;
  }

  #store(map: MapSpec, id: number, stack: readonly bigint[]): void {
    if (!("key" in map)) return;
    const bytes = new Uint8Array(map.value.size);
    for (const [index, pointer] of stack.slice(0, bytes.length / u64.size).entries())
      bytes.set(bytesOfValue(u64, pointer), index * u64.size);
    this.#maps.elements(map).updateBytes(keyBytes(map, id), bytes, { mode: "any", cpu: 0 });
  }
}
