/**
 * From a map's spec to a live map.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { assertKernel } from "../kernel/assert-kernel.ts";
import type { MapCreate } from "../kernel/commands.ts";
import type { Handle } from "../kernel/handle.ts";
import { interfaceIndexOf } from "../kernel/interface-index.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { SyscallError } from "../kernel/errors.ts";
import { FileBtfs } from "../kernel/file-btfs.ts";
import { kernelName } from "../spec/kernel-name.ts";
import { sizesOf } from "../spec/map-sizes.ts";
import {
  type BloomFilterSpec,
  type GlobalSpec,
  isGlobalSpec,
  isMapSpec,
  type KeyedMapSpec,
  type KeyedMapType,
  type MapSpec,
  type OuterMapSpec,
} from "../spec/map-spec.ts";
import type { MapType } from "../spec/words.ts";
import { ArrayMap, PerCpuArrayMap } from "./array-map.ts";
import { BloomFilter } from "./bloom-filter.ts";
import type { BpfMap, MapHold } from "./bpf-map.ts";
import { Arena } from "./arena.ts";
import { CgroupArray } from "./cgroup-array.ts";
import { AttachedStorageMap, PerCpuAttachedStorageMap } from "./attached-storage-map.ts";
import { GlobalVariable, initializeVariable } from "./global-variable.ts";
import { HashMap, LpmTrie, PerCpuHashMap } from "./hash-map.ts";
import { InsnArray } from "./insn-array.ts";
import { type InnerMaps, OuterMap } from "./outer-map.ts";
import { ProgArrayMap } from "./prog-array-map.ts";
import { QueueMap } from "./queue-map.ts";
import { Cpumap, Devmap, Xskmap } from "./redirect-map.ts";
import { SocketMap } from "./socket-map.ts";
import { StackTraceMap } from "./stack-trace-map.ts";
import { StorageMap } from "./storage-map.ts";
import { describedByBtf, needsBtf } from "./value-btf.ts";

/** The live map of a spec. */
export type LiveElementMap<Spec> =
  Spec extends GlobalSpec<infer Value>
    ? GlobalVariable<Value>
    : Spec extends OuterMapSpec<OuterMapType, infer Key, infer Inner>
      ? OuterMap<Key, Inner, LiveElementMap<Inner>>
      : Spec extends KeyedMapSpec<infer Type, infer Key, infer Value>
        ? LiveByType<Key, Value>[Type & keyof LiveByType<Key, Value>]
        : never;

/** Specs of maps other than ring buffers. */
export type ElementMapSpec = KeyedMapSpec<KeyedMapType, unknown, unknown> | GlobalSpec<unknown>;

type OuterMapType = "array_of_maps" | "hash_of_maps";

interface LiveByType<Key, Value> {
  readonly hash: HashMap<Key, Value>;
  readonly lru_hash: HashMap<Key, Value>;
  readonly rhash: HashMap<Key, Value>;
  readonly lpm_trie: LpmTrie<Key, Value>;
  readonly percpu_hash: PerCpuHashMap<Key, Value>;
  readonly lru_percpu_hash: PerCpuHashMap<Key, Value>;
  readonly array: ArrayMap<Value>;
  readonly percpu_array: PerCpuArrayMap<Value>;
  readonly queue: QueueMap<Value>;
  readonly stack: QueueMap<Value>;
  readonly bloom_filter: BloomFilter<Value>;
  readonly stack_trace: StackTraceMap<Value>;
  readonly prog_array: ProgArrayMap;
  readonly devmap: Devmap;
  readonly devmap_hash: Devmap;
  readonly cpumap: Cpumap;
  readonly xskmap: Xskmap;
  readonly sockmap: SocketMap<Key>;
  readonly sockhash: SocketMap<Key>;
  readonly reuseport_sockarray: SocketMap<Key>;
  readonly cgroup_array: CgroupArray;
  readonly sk_storage: StorageMap<Value>;
  readonly task_storage: StorageMap<Value>;
  readonly inode_storage: StorageMap<Value>;
  readonly cgrp_storage: StorageMap<Value>;
  readonly cgroup_storage: AttachedStorageMap<Value>;
  readonly percpu_cgroup_storage: PerCpuAttachedStorageMap<Value>;
  readonly arena: Arena;
  readonly insn_array: InsnArray;
}

// oxlint-disable-next-line typescript/no-explicit-any -- the spec's type tag decides the class, which TypeScript cannot follow
type AnyHold = MapHold<any>;

const classes: { readonly [Type in KeyedMapType]: (hold: AnyHold) => BpfMap } = {
  hash: (hold) => new HashMap(hold),
  lru_hash: (hold) => new HashMap(hold),
  rhash: (hold) => new HashMap(hold),
  lpm_trie: (hold) => new LpmTrie(hold),
  percpu_hash: (hold) => new PerCpuHashMap(hold),
  lru_percpu_hash: (hold) => new PerCpuHashMap(hold),
  array: (hold) => new ArrayMap(hold),
  percpu_array: (hold) => new PerCpuArrayMap(hold),
  queue: (hold) => new QueueMap(hold),
  stack: (hold) => new QueueMap(hold),
  bloom_filter: (hold) => new BloomFilter(hold),
  stack_trace: (hold) => new StackTraceMap(hold),
  prog_array: (hold) => new ProgArrayMap(hold),
  devmap: (hold) => new Devmap(hold),
  devmap_hash: (hold) => new Devmap(hold),
  cpumap: (hold) => new Cpumap(hold),
  xskmap: (hold) => new Xskmap(hold),
  sockmap: (hold) => new SocketMap(hold),
  sockhash: (hold) => new SocketMap(hold),
  reuseport_sockarray: (hold) => new SocketMap(hold),
  cgroup_array: (hold) => new CgroupArray(hold),
  sk_storage: (hold) => new StorageMap(hold),
  task_storage: (hold) => new StorageMap(hold),
  inode_storage: (hold) => new StorageMap(hold),
  cgrp_storage: (hold) => new StorageMap(hold),
  cgroup_storage: (hold) => new AttachedStorageMap(hold),
  percpu_cgroup_storage: (hold) => new PerCpuAttachedStorageMap(hold),
  arena: (hold) => new Arena(hold),
  insn_array: (hold) => new InsnArray(hold),
  array_of_maps: (hold) => new OuterMap(hold, innerMaps(hold.kernel)),
  hash_of_maps: (hold) => new OuterMap(hold, innerMaps(hold.kernel)),
};

/** Maps in maps are live maps like all others, but for rings, which are streams. */
function innerMaps(kernel: Kernel): InnerMaps<MapSpec, BpfMap> {
  return {
    create: (spec) => createMap(kernel, elementSpec(spec)),
    live: (spec, handle) => liveElementMap(kernel, elementSpec(spec), handle),
  };
}

function elementSpec(spec: MapSpec): ElementMapSpec {
  if (isGlobalSpec(spec) || Object.hasOwn(classes, spec.type)) return spec as ElementMapSpec;
  throw new InvalidArgumentError(`a map of type ${spec.type} is no map of elements`, {
    hint: "openHandle gives its handle",
  });
}

/**
 * Creates the map of `spec`; the caller closes it.
 * Privileges: CAP_BPF (CAP_SYS_ADMIN before kernel 5.8).
 * @throws {PermissionError} without privileges, {@link NotSupportedError} when the kernel lacks the kind of map.
 */
export function createMap<Spec extends ElementMapSpec>(
  kernel: Kernel,
  spec: Spec,
): LiveElementMap<Spec> {
  assertKernel(kernel);
  isMapSpec(spec, "the map to create");
  return liveElementMap(kernel, spec, createMapHandle(kernel, spec));
}

/** The live map of a spec of elements over `handle`, which it owns from now on, also when this throws. */
export function liveElementMap<Spec extends ElementMapSpec>(
  kernel: Kernel,
  spec: Spec,
  handle: Handle,
): LiveElementMap<Spec> {
  using stack = new DisposableStack();
  stack.use(handle);
  const live = isGlobalSpec(spec)
    ? new GlobalVariable({ kernel, spec, handle })
    : classes[spec.type]({ kernel, spec, handle });
  stack.move();
  return live as LiveElementMap<Spec>;
}

/**
 * A handle of a new map as `spec` describes it. Variables have their value, and what is `config` is frozen. `given` are the
 * types of object files that are loaded by now; those of `spec` are loaded for it alone when left out.
 */
export function createMapHandle(kernel: Kernel, spec: MapSpec, given?: FileBtfs): Handle {
  using stack = new DisposableStack();
  const fileBtfs = given ?? stack.use(new FileBtfs(kernel));
  const attributes: MapCreate = {
    mapType: spec.type,
    mapName: kernelName(spec.name),
    maxEntries: entriesOf(kernel, spec),
    mapFlags: spec.flags,
    ...sizesOf(spec),
    ...numaNodeOf(spec),
    ...interfaceOf(kernel, spec),
    // The address that an arena shall have is left to the kernel: nothing here maps memory at a given one.
    ...(spec.extra === undefined || spec.type === "arena" ? {} : { mapExtra: spec.extra }),
    ...particulars(kernel, spec, { stack, fileBtfs }),
  };
  const handle = stack.use(
    createWithFileTypes(kernel, spec, { attributes, fileBtfs }) ??
      kernel.bpf("mapCreate", { ...attributes, ...ownBtf(kernel, spec, stack) }),
  );
  if (isGlobalSpec(spec)) initializeVariable(kernel, spec, handle);
  // What it was made of is let go of, the map itself is kept.
  return handle.move();
}

/** The node of memory, which kernels only look at with the flag for it, and the loader of C so, too. */
function numaNodeOf({ flags, numaNode }: MapSpec): Pick<MapCreate, "numaNode"> {
  return numaNode !== undefined && flags.includes("numa_node") ? { numaNode } : {};
}

/** The interface whose card it is on. */
function interfaceOf(kernel: Kernel, { offloadTo }: MapSpec): Pick<MapCreate, "mapIfindex"> {
  return offloadTo === undefined ? {} : { mapIfindex: interfaceIndexOf(kernel, offloadTo) };
}

interface Made {
  readonly attributes: MapCreate;
  readonly fileBtfs: FileBtfs;
}

/** The map with the types of its object file; `undefined` when there are none, or the kernel does not want them for it. */
function createWithFileTypes(
  kernel: Kernel,
  { type, fileTypes }: MapSpec,
  { attributes, fileBtfs }: Made,
): Handle | undefined {
  if (fileTypes === undefined || untypedMaps.has(type)) return undefined;
  const btf = fileBtfs.of(fileTypes.types).handle;
  if (btf === undefined) return undefined;
  const described = { btf, btfKeyTypeId: fileTypes.key, btfValueTypeId: fileTypes.value };
  try {
    return kernel.bpf("mapCreate", { ...attributes, ...described });
  } catch (error) {
    // Whatever is wrong: where it is not the types, the next attempt tells.
    if (error instanceof SyscallError) return undefined;
    throw error;
  }
}

/** What holds something of the kernel's has no types of its own. Source: `bpf_object__create_map` of libbpf. */
const untypedMaps: ReadonlySet<MapType> = new Set<MapType>([
  "perf_event_array",
  "ringbuf",
  "user_ringbuf",
  "cgroup_array",
  "stack_trace",
  "array_of_maps",
  "hash_of_maps",
  "devmap",
  "devmap_hash",
  "cpumap",
  "xskmap",
  "sockmap",
  "sockhash",
  "queue",
  "stack",
  "arena",
]);

/** Types made of the map's layouts, where the kernel wants some. */
function ownBtf(kernel: Kernel, spec: MapSpec, stack: DisposableStack): Partial<MapCreate> {
  return needsBtf(spec) ? describedByBtf(kernel, spec, stack) : {};
}

/** Perf buffers have an entry for each CPU, by number. */
function entriesOf({ cpus }: Kernel, { type, maxEntries }: MapSpec): number {
  return type === "perf_event_array" && maxEntries === 0
    ? Math.max(...cpus.possible) + 1
    : maxEntries;
}

/** Attributes that only some kinds of maps have. What is opened for it goes into `stack`. */
function particulars(
  kernel: Kernel,
  spec: MapSpec,
  { stack, fileBtfs }: { readonly stack: DisposableStack; readonly fileBtfs: FileBtfs },
): Partial<MapCreate> {
  if (isBloomFilter(spec)) return { mapExtra: BigInt(spec.hashes) };
  if (!isOuterMap(spec)) return {};
  return { innerMap: stack.use(createMapHandle(kernel, innerOf(spec), fileBtfs)) };
}

/** Object files may leave it out. */
function innerOf({ name, inner }: OuterMapSpec<OuterMapType, unknown, MapSpec>): MapSpec {
  if ((inner as MapSpec | undefined) !== undefined) return inner;
  throw new InvalidArgumentError(`nothing says what the maps in map "${name}" are like`, {
    hint: `declare it with __array(values, …) in C, or say it before loading: change({ inner: { ${name}: … } })`,
  });
}

function isBloomFilter(spec: MapSpec): spec is BloomFilterSpec<unknown> {
  return spec.type === "bloom_filter";
}

function isOuterMap(spec: MapSpec): spec is OuterMapSpec<OuterMapType, unknown, MapSpec> {
  return spec.type === "array_of_maps" || spec.type === "hash_of_maps";
}
