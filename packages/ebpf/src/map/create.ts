/**
 * From a map's spec to a live map: made anew, or found pinned.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import type { Handle } from "../kernel/handle.ts";
import type { MapInfo } from "../kernel/info.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { kernelName } from "../spec/kernel-name.ts";
import type { KeyedMapSpec, KeyedMapType, MapSpec } from "../spec/map-spec.ts";
import { ArrayMap, PerCpuArrayMap } from "./array-map.ts";
import type { MapHold } from "./bpf-map.ts";
import { HashMap, PerCpuHashMap } from "./hash-map.ts";

/** The live map of a spec of elements. */
export type LiveElementMap<Spec> =
  Spec extends KeyedMapSpec<infer Type, infer Key, infer Value>
    ? LiveByType<Key, Value>[Type & KeyedMapType]
    : never;

interface LiveByType<Key, Value> {
  readonly hash: HashMap<Key, Value>;
  readonly lru_hash: HashMap<Key, Value>;
  readonly percpu_hash: PerCpuHashMap<Key, Value>;
  readonly array: ArrayMap<Value>;
  readonly percpu_array: PerCpuArrayMap<Value>;
}

// oxlint-disable-next-line typescript/no-explicit-any -- the spec's type tag decides the class, which TypeScript cannot follow
type AnyHold = MapHold<any>;

const classes: { readonly [Type in KeyedMapType]: (hold: AnyHold) => Disposable } = {
  hash: (hold) => new HashMap(hold),
  lru_hash: (hold) => new HashMap(hold),
  percpu_hash: (hold) => new PerCpuHashMap(hold),
  array: (hold) => new ArrayMap(hold),
  percpu_array: (hold) => new PerCpuArrayMap(hold),
};

/**
 * Creates the map of `spec`; the caller closes it.
 * Privileges: CAP_BPF (CAP_SYS_ADMIN before kernel 5.8).
 * @throws {PermissionError} without privileges, {@link NotSupportedError} when the kernel lacks the kind of map.
 */
export function createMap<Spec extends KeyedMapSpec<KeyedMapType, unknown, unknown>>(
  kernel: Kernel,
  spec: Spec,
): LiveElementMap<Spec> {
  return liveElementMap(kernel, spec, createMapHandle(kernel, spec));
}

/**
 * Opens the map pinned at `path`, after checking that it is what `spec` says; the caller closes it.
 * @throws {NotFoundError} when nothing is there.
 * @throws {InvalidArgumentError} when it is another kind of map or of other sizes.
 */
export function openPinnedMap<Spec extends KeyedMapSpec<KeyedMapType, unknown, unknown>>(
  kernel: Kernel,
  path: string,
  spec: Spec,
): LiveElementMap<Spec> {
  return liveElementMap(kernel, spec, openPinnedHandle(kernel, path, spec));
}

/** The live map of a spec of elements over `handle`, which it owns from now on, also when this throws. */
export function liveElementMap<Spec extends KeyedMapSpec<KeyedMapType, unknown, unknown>>(
  kernel: Kernel,
  spec: Spec,
  handle: Handle,
): LiveElementMap<Spec> {
  using stack = new DisposableStack();
  stack.use(handle);
  const live = classes[spec.type]({ kernel, spec, handle });
  stack.move();
  return live as LiveElementMap<Spec>;
}

/** A handle of a new map as `spec` describes it. */
export function createMapHandle(kernel: Kernel, spec: MapSpec): Handle {
  return kernel.bpf("mapCreate", {
    mapType: spec.type,
    mapName: kernelName(spec.name),
    maxEntries: spec.maxEntries,
    mapFlags: spec.flags,
    ...sizesOf(spec),
  });
}

/** A handle of the map pinned at `path`, which is checked to be of `spec`. */
export function openPinnedHandle(kernel: Kernel, path: string, spec: MapSpec): Handle {
  using stack = new DisposableStack();
  const handle = stack.use(kernel.bpf("objGet", { pathname: path, kind: "map" }));
  const info = kernel.bpf("objGetInfoByFd", { object: handle });
  const differences = info.kind === "map" ? differencesFrom(spec, info) : ["it is not a map"];
  if (differences.length > 0) {
    throw new InvalidArgumentError(
      `what is pinned at ${path} is not map "${spec.name}": ${differences.join(", ")}`,
      { hint: "remove the pin, or change the spec to what is pinned there" },
    );
  }
  stack.move();
  return handle;
}

/** Sizes of key and value as the kernel counts them: ring buffers have neither. */
function sizesOf(spec: MapSpec): { readonly keySize: number; readonly valueSize: number } {
  if (spec.type === "ringbuf") return { keySize: 0, valueSize: 0 };
  return { keySize: spec.key.size, valueSize: spec.value.size };
}

function differencesFrom(spec: MapSpec, info: MapInfo): string[] {
  const { type, maxEntries } = spec;
  const wanted = { type, ...sizesOf(spec), maxEntries };
  return Object.entries(wanted).flatMap(([property, value]) => {
    const found = info[property as keyof typeof wanted];
    return found === value ? [] : [`${property} is ${found} instead of ${value}`];
  });
}
