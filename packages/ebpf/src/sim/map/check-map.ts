/**
 * What the kernel asks of a map before it makes one: sizes and flags, by its type.
 *
 * The rules are those of `map_create` of kernel/bpf/syscall.c and of `map_alloc_check` of each type, in the order in which the
 * kernel asks, since which errno comes out depends on it.
 * @module
 */
import type { MapCreate } from "../../kernel/commands.ts";
import type { MapFlag, MapType } from "../../spec/words.ts";
import { failed } from "../errno.ts";

/** What is asked of a type. */
interface Rules {
  readonly flags: readonly MapFlag[];
  /** Bytes of keys and values, and elements; what does not fit is -EINVAL. */
  readonly fits: (attributes: MapCreate, pageBytes: number) => boolean;
  /** What is too much, -E2BIG, once everything fits. */
  readonly isTooBig?: (attributes: MapCreate) => boolean;
  /** Asked first: 0, or a negated errno. */
  readonly before?: (attributes: MapCreate) => number;
}

const access: readonly MapFlag[] = ["rdonly", "wronly"];
const bothAccess: readonly MapFlag[] = [...access, "rdonly_prog", "wronly_prog"];

/** PCPU_MIN_UNIT_SIZE of include/linux/percpu.h: what a value per CPU may have. */
const largestPerCpu = 32768;
/** MAX_BPF_STACK of include/linux/filter.h: keys of sockets have to fit there. */
const stackBytes = 512;
/** LPM_DATA_SIZE_MAX of kernel/bpf/lpm_trie.c, and the length in front. */
const longestPrefixKey = 256 + 4;
/** CONFIG_NR_CPUS of most distributions. */
const mostCpus = 8192;
/** PERF_MAX_STACK_DEPTH of include/uapi/linux/perf_event.h. */
const deepestStack = 127;
/** Bytes of an address, and of `struct bpf_stack_build_id`. */
const [addressBytes, buildIdBytes] = [8, 32];

function has({ mapFlags = [] }: MapCreate, flag: MapFlag): boolean {
  return mapFlags.includes(flag);
}

const isNotEmpty = ({ keySize, valueSize, maxEntries }: MapCreate): boolean =>
  keySize > 0 && valueSize > 0 && maxEntries > 0;

const hasIndex = (attributes: MapCreate): boolean =>
  isNotEmpty(attributes) && attributes.keySize === 4;

const hasDescriptors = (attributes: MapCreate): boolean =>
  hasIndex(attributes) && attributes.valueSize === 4;

const hasNoKeys = ({ keySize, valueSize, maxEntries }: MapCreate): boolean =>
  keySize === 0 && valueSize > 0 && maxEntries > 0;

const ofOneOrTwoWords = (attributes: MapCreate): boolean =>
  isNotEmpty(attributes) && (attributes.valueSize === 4 || attributes.valueSize === 8);

const perCpuTooBig = ({ valueSize }: MapCreate): boolean => valueSize > largestPerCpu;

/** Memory of all CPUs is on no node. */
const notOnNode = (attributes: MapCreate): number =>
  has(attributes, "numa_node") ? failed.invalid : 0;

const noLruWithoutPreallocation = (attributes: MapCreate): number => {
  if (has(attributes, "no_prealloc")) return failed.notSupported;
  return has(attributes, "no_common_lru") ? notOnNode(attributes) : 0;
};

const array: Rules = { flags: ["numa_node", ...bothAccess], fits: hasIndex };
const descriptors: Rules = { flags: ["numa_node", ...access], fits: hasDescriptors };
const hash: Rules = {
  flags: ["no_prealloc", "numa_node", "zero_seed", ...bothAccess],
  fits: isNotEmpty,
};
const lru: Rules = {
  ...hash,
  flags: [...hash.flags, "no_common_lru"],
  before: noLruWithoutPreallocation,
};
const queue: Rules = { flags: ["numa_node", ...bothAccess], fits: hasNoKeys };
const sockets: Rules = { flags: ["numa_node", ...access], fits: ofOneOrTwoWords };
const ring: Rules = {
  flags: ["numa_node"],
  fits: ({ keySize, valueSize, maxEntries }, pageBytes) =>
    keySize === 0 &&
    valueSize === 0 &&
    maxEntries >= pageBytes &&
    (maxEntries & (maxEntries - 1)) === 0,
};
/** Local storage tells the kernel its types, so that they can be looked at. */
const storage: Rules = {
  flags: ["no_prealloc", "clone"],
  fits: (attributes) =>
    attributes.keySize === 4 &&
    attributes.valueSize > 0 &&
    attributes.maxEntries === 0 &&
    attributes.btf !== undefined &&
    (attributes.btfKeyTypeId ?? 0) > 0 &&
    (attributes.btfValueTypeId ?? 0) > 0 &&
    has(attributes, "no_prealloc"),
};
/** Storage of groups: its size is looked at before the number of elements. */
const attached = (most: number): Rules => ({
  flags: ["numa_node", ...bothAccess],
  before: ({ keySize, valueSize }) => {
    if ((keySize !== 8 && keySize !== 16) || valueSize === 0) return failed.invalid;
    return valueSize > most ? failed.tooBig : 0;
  },
  fits: ({ maxEntries }) => maxEntries === 0,
});

const stackFits = (attributes: MapCreate): boolean => {
  const unit = has(attributes, "stack_build_id") ? buildIdBytes : addressBytes;
  const { valueSize } = attributes;
  return hasIndex(attributes) && valueSize % unit === 0 && valueSize / unit <= deepestStack;
};

/** An arena: a start that is wished for is one of a page (kernel/bpf/arena.c). */
const arena: Rules = {
  flags: ["mmapable", "segv_on_fault", "no_user_conv"],
  fits: (attributes, pageBytes) =>
    attributes.keySize === 0 &&
    attributes.valueSize === 0 &&
    attributes.maxEntries > 0 &&
    has(attributes, "mmapable") &&
    (attributes.mapExtra ?? 0n) % BigInt(pageBytes) === 0n,
  isTooBig: ({ maxEntries }) => maxEntries > 2 ** 20,
};

const structOps: Rules = {
  flags: ["link", "vtype_btf_obj_fd"],
  fits: ({ keySize, maxEntries, btfVmlinuxValueTypeId }) =>
    keySize === 4 && maxEntries === 1 && (btfVmlinuxValueTypeId ?? 0) > 0,
};

/** Types for which the 8 bytes beside the sizes mean something. */
const withExtra: ReadonlySet<MapType> = new Set<MapType>(["bloom_filter", "arena"]);

const rules: { readonly [Type in MapType]?: Rules } = {
  arena,
  array: { ...array, flags: [...array.flags, "mmapable", "inner_map"] },
  percpu_array: { ...array, before: notOnNode, isTooBig: perCpuTooBig },
  hash,
  percpu_hash: { ...hash, before: notOnNode, isTooBig: perCpuTooBig },
  lru_hash: lru,
  lru_percpu_hash: {
    ...lru,
    before: (it) => noLruWithoutPreallocation(it) || notOnNode(it),
    isTooBig: perCpuTooBig,
  },
  lpm_trie: {
    flags: ["no_prealloc", "numa_node", ...bothAccess],
    fits: (it) =>
      isNotEmpty(it) && it.keySize > 4 && it.keySize <= longestPrefixKey && has(it, "no_prealloc"),
  },
  queue,
  stack: queue,
  bloom_filter: {
    ...queue,
    flags: [...queue.flags, "zero_seed"],
    fits: (it) => hasNoKeys(it) && ((it.mapExtra ?? 0n) & ~15n) === 0n,
  },
  ringbuf: ring,
  user_ringbuf: ring,
  stack_trace: { flags: ["numa_node", "stack_build_id", ...access], fits: stackFits },
  sockmap: { ...sockets, fits: (it) => ofOneOrTwoWords(it) && it.keySize === 4 },
  sockhash: { ...sockets, isTooBig: ({ keySize }) => keySize > stackBytes },
  reuseport_sockarray: { ...array, fits: (it) => ofOneOrTwoWords(it) && it.keySize === 4 },
  xskmap: descriptors,
  devmap: { ...sockets, fits: (it) => ofOneOrTwoWords(it) && it.keySize === 4 },
  devmap_hash: { ...sockets, fits: (it) => ofOneOrTwoWords(it) && it.keySize === 4 },
  cpumap: {
    flags: ["numa_node"],
    fits: (it) => ofOneOrTwoWords(it) && it.keySize === 4,
    isTooBig: ({ maxEntries }) => maxEntries > mostCpus,
  },
  prog_array: descriptors,
  cgroup_array: descriptors,
  perf_event_array: { ...descriptors, flags: [...descriptors.flags, "preserve_elems"] },
  array_of_maps: {
    ...descriptors,
    fits: (it) => hasDescriptors(it) && it.innerMap !== undefined,
  },
  hash_of_maps: {
    ...hash,
    fits: (it) => isNotEmpty(it) && it.valueSize === 4 && it.innerMap !== undefined,
  },
  struct_ops: structOps,
  sk_storage: storage,
  task_storage: storage,
  inode_storage: storage,
  cgrp_storage: storage,
  cgroup_storage: attached(Infinity),
  percpu_cgroup_storage: attached(largestPerCpu),
};

/** Why the kernel would refuse such a map: 0 or a negated errno. */
export function checkMap(attributes: MapCreate, pageBytes: number): number {
  const { mapType, mapExtra = 0n, mapFlags = [] } = attributes;
  const kind = rules[mapType];
  if (kind === undefined) return 0;
  if (mapExtra !== 0n && !withExtra.has(mapType)) return failed.invalid;
  if (has(attributes, "rdonly") && has(attributes, "wronly")) return failed.invalid;
  if (has(attributes, "rdonly_prog") && has(attributes, "wronly_prog")) return failed.invalid;
  if (!mapFlags.every((flag) => kind.flags.includes(flag))) return failed.invalid;
  const first = kind.before?.(attributes) ?? 0;
  if (first < 0) return first;
  if (!kind.fits(attributes, pageBytes)) return failed.invalid;
  return kind.isTooBig?.(attributes) === true ? failed.tooBig : 0;
}
