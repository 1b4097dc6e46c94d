/**
 * What is in maps, as `run` shows it.
 *
 * Only kinds that can be read whole and mean something to people are shown: hashes, arrays, tries, and variables.
 * What the kernel alone uses (arrays of programs, sockets, redirections) is not, nor counters that rings have for losses,
 * which the summary tells.
 * @module
 */
import type { BpfMap, Layout } from "ts-ebpf";

/** A live map to show. */
export interface ShownMap {
  readonly name: string;
  readonly key: Layout<unknown>;
  readonly value: Layout<unknown>;
  /** The elements as they are now; with `cpu`, one for each CPU. */
  readonly elements: () => readonly Element[];
  readonly perCpu: boolean;
}

/** An element of a map. */
export interface Element {
  readonly key: unknown;
  readonly cpu?: number;
  readonly value: unknown;
}

/** A variable. */
export interface ShownVariable {
  readonly name: string;
  readonly value: () => unknown;
}

/** What of a collection is shown. */
export interface ShownMaps {
  readonly maps: readonly ShownMap[];
  readonly variables: readonly ShownVariable[];
}

/** How per-CPU maps are shown: their values added up, or each. */
export interface PerCpuOptions {
  readonly perCpu: "sum" | "each";
  /** The CPUs that values are of, in their order. */
  readonly cpus: readonly number[];
}

const shownTypes: ReadonlySet<string> = new Set([
  "hash",
  "lru_hash",
  "percpu_hash",
  "lru_percpu_hash",
  "array",
  "percpu_array",
  "lpm_trie",
  "rhash",
]);

/** The maps to show among `live`, which are by their keys in the collection. */
export function shownMaps(live: ReadonlyMap<string, BpfMap>, options: PerCpuOptions): ShownMaps {
  const maps: ShownMap[] = [];
  const variables: ShownVariable[] = [];
  const counters = lossCounters([...live.values()]);
  for (const [name, map] of live) {
    const spec = map.spec;
    if ("variable" in spec) {
      const variable = map as BpfMap & { readonly value: unknown };
      variables.push({ name, value: () => variable.value });
    } else if (shownTypes.has(spec.type) && "key" in spec && !counters.has(spec)) {
      const perCpu = spec.type.includes("percpu");
      const { key, value } = spec;
      const elements = (): Element[] =>
        elementsOf(map as ReadableMap, perCpu ? options : undefined);
      maps.push({ name, key, value, elements, perCpu: perCpu && options.perCpu === "each" });
    }
  }
  return { maps, variables };
}

function lossCounters(maps: readonly BpfMap[]): ReadonlySet<unknown> {
  const specs = maps.map(({ spec }) => spec);
  return new Set(specs.flatMap((spec) => (spec.type === "ringbuf" ? [spec.lossCounter] : [])));
}

/** What is read of a live map; for per-CPU maps a value is a list. */
type ReadableMap = BpfMap & { entries(): Iterable<[unknown, unknown]> };

function elementsOf(map: ReadableMap, perCpu: PerCpuOptions | undefined): Element[] {
  const isArray = map.spec.type.endsWith("array");
  const elements = [...map.entries()].flatMap(([key, value]): readonly Element[] => {
    if (perCpu === undefined) return [{ key, value }];
    const values = value as readonly unknown[];
    if (perCpu.perCpu === "sum") return [{ key, value: sumOf(values) }];
    return values.map((one, slot) => ({ key, cpu: perCpu.cpus[slot] ?? slot, value: one }));
  });
  return isArray ? elements.filter(({ value }) => !isZero(value)) : elements;
}

/** Values added up, structs field by field; what is no number is the first that is there. */
export function sumOf(values: readonly unknown[]): unknown {
  const [first] = values;
  if (typeof first === "number" || typeof first === "bigint") {
    // They come from one layout, so they are alike.
    return (values as number[]).reduce(
      (sum, value) => sum + value,
      (typeof first === "number" ? 0 : 0n) as number,
    );
  }
  if (!isPlainObject(first)) return values.find((value) => !isZero(value)) ?? first;
  const sums = Object.keys(first).map((name) => [
    name,
    sumOf((values as readonly Readonly<Record<string, unknown>>[]).map((value) => value[name])),
  ]);
  return Object.fromEntries(sums);
}

/** Whether a value is what memory without anything in it reads as. */
export function isZero(value: unknown): boolean {
  if (value instanceof Uint8Array) return value.every((byte) => byte === 0);
  if (Array.isArray(value)) return value.every(isZero);
  if (isPlainObject(value)) return Object.values(value).every(isZero);
  // oxlint-disable-next-line eslint/eqeqeq -- 0 and 0n
  return value === undefined || value === "" || value === false || value === 0 || value === 0n;
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return false;
  return !Array.isArray(value) && !(value instanceof Date);
}
