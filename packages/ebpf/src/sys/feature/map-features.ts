/**
 * Kinds of maps: each is created at its smallest and let go again.
 * @module
 */
import { littleEndian, zeroTerminated } from "../../base/bytes.ts";
import { NotSupportedError } from "../../kernel/errors.ts";
import type { MapCreate } from "../../kernel/commands.ts";
import type { Handle } from "../../kernel/handle.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { mapTypeSince } from "../../kernel/since.ts";
import type { MapType } from "../../spec/words.ts";
import { kernelTypes } from "./kernel-types.ts";
import type { Feature } from "./feature.ts";

type Shape = Omit<MapCreate, "mapType">;
type Create = (kernel: Kernel, mapType: MapType) => Handle;

const pageBytes = 4096;
const plain: Shape = { keySize: 4, valueSize: 4, maxEntries: 1 };
const keyless: Shape = { keySize: 0, valueSize: 4, maxEntries: 1 };
const ring: Shape = { keySize: 0, valueSize: 0, maxEntries: pageBytes };
/** Values belong to something else, whose lifetime they share. */
const storage: Shape = { keySize: 4, valueSize: 4, maxEntries: 0, mapFlags: ["no_prealloc"] };

const creators: { readonly [T in MapType]: Create } = {
  hash: of(plain),
  array: of(plain),
  prog_array: of(plain),
  perf_event_array: of(plain),
  percpu_hash: of(plain),
  percpu_array: of(plain),
  stack_trace: of({ ...plain, valueSize: 8 }),
  cgroup_array: of(plain),
  lru_hash: of(plain),
  lru_percpu_hash: of(plain),
  // The key begins with the number of bits that count.
  lpm_trie: of({ ...plain, keySize: 8, mapFlags: ["no_prealloc"] }),
  array_of_maps: ofMaps,
  hash_of_maps: ofMaps,
  devmap: of(plain),
  sockmap: of(plain),
  cpumap: of(plain),
  xskmap: of(plain),
  sockhash: of(plain),
  cgroup_storage: of({ ...plain, keySize: 8, maxEntries: 0 }),
  reuseport_sockarray: of({ ...plain, valueSize: 8 }),
  percpu_cgroup_storage: of({ ...plain, keySize: 8, maxEntries: 0 }),
  queue: of(keyless),
  stack: of(keyless),
  sk_storage: withTypes,
  devmap_hash: of(plain),
  struct_ops: ofOperations,
  ringbuf: of(ring),
  inode_storage: withTypes,
  task_storage: withTypes,
  bloom_filter: of(keyless),
  user_ringbuf: of(ring),
  cgrp_storage: withTypes,
  arena: of({ keySize: 0, valueSize: 0, maxEntries: 1, mapFlags: ["mmapable"] }),
  insn_array: of({ ...plain, valueSize: 16 }),
  rhash: of({ ...plain, mapFlags: ["no_prealloc"] }),
};

/** One row for each kind of map. */
export const mapFeatures: readonly Feature[] = (Object.keys(creators) as MapType[]).map((type) => ({
  name: type,
  group: "map",
  since: mapTypeSince[type],
  probe: (kernel) => creators[type](kernel, type),
}));

function of(shape: Shape): Create {
  return (kernel, mapType) => kernel.bpf("mapCreate", { mapType, ...shape });
}

function ofMaps(kernel: Kernel, mapType: MapType): Handle {
  using innerMap = of(plain)(kernel, "array");
  return kernel.bpf("mapCreate", { mapType, ...plain, innerMap });
}

function withTypes(kernel: Kernel, mapType: MapType): Handle {
  using btf = kernel.bpf("btfLoad", { btf: btfOfInt() });
  return kernel.bpf("mapCreate", { mapType, ...storage, btf, btfKeyTypeId: 1, btfValueTypeId: 1 });
}

/** Every kernel with struct_ops lets programs be congestion controls, unless TCP is left out. */
const operations = "bpf_struct_ops_tcp_congestion_ops";

function ofOperations(kernel: Kernel, mapType: MapType): Handle {
  const type = kernelTypes(kernel).findByName(operations, "struct");
  if (type === undefined) throw new NotSupportedError(`maps of type ${mapType}`);
  const shape = { keySize: 4, valueSize: type.size, maxEntries: 1 };
  // The kernel wants BTF of the program's own types as well, whatever is in it.
  using btf = kernel.bpf("btfLoad", { btf: btfOfInt() });
  return kernel.bpf("mapCreate", { mapType, ...shape, btf, btfVmlinuxValueTypeId: type.id });
}

/**
 * BTF of one type, `int` (Documentation/bpf/btf.rst):
 *
 *     header: magic, version, flags | length | type offset, length | string offset, length
 *     type 1: name | kind | size | encoding and bits
 *     strings: "", "int"
 */
function btfOfInt(): Uint8Array {
  const strings = zeroTerminated("\0int");
  const kindInt = 1 << 24;
  const signed32Bits = (1 << 24) | 32;
  const words = [0x0001_eb9f, 24, 0, 16, 16, strings.length, 1, kindInt, 4, signed32Bits];
  const bytes = new Uint8Array(4 * words.length + strings.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, index) => view.setUint32(4 * index, word, littleEndian));
  // The first word is two bytes and two single ones, which lie in this order only on little-endian machines.
  view.setUint16(0, 0xeb9f, littleEndian);
  bytes.set([1, 0], 2);
  bytes.set(strings, 4 * words.length);
  return bytes;
}
