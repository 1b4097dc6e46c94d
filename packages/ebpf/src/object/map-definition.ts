/**
 * Maps as types: how an object file says what its maps shall be.
 *
 * Section `.maps` holds a variable per map, and the type of the variable is the definition: a struct whose members are
 * pointers, never set, to what they say. A number is the length of an array, a key or value the type itself.
 * Source: `__uint`, `__type` and `__array` in tools/lib/bpf/bpf_helpers.h; `parse_btf_map_def` in libbpf.c.
 *
 * ```c
 *   struct {
 *     int (*type)[BPF_MAP_TYPE_HASH];
 *     int (*max_entries)[1024];
 *     __u32 *key;
 *     struct event *value;
 *   } events SEC(".maps");
 * ```
 * @module
 */
import type { Layout } from "../layout/layout.ts";
import type { BtfWriter } from "../btf/write/writer.ts";
import type { BtfTypeId } from "../btf/type.ts";
import { addInt, addLayoutType } from "../relocate/layout-type.ts";
import { mapTypes } from "../spec/generated/words.ts";
import type { GlobalSpec, MapSpec } from "../spec/map-spec.ts";
import { mapFlags, type MapFlag, type MapType } from "../spec/words.ts";

/** A map of an object file: every one that is not a variable. */
export type DefinedMap = Exclude<MapSpec, GlobalSpec<unknown>>;

/** The type of a map's variable. */
export interface MapDefinition {
  readonly type: BtfTypeId;
  readonly size: number;
}

/** Options of {@link addMapDefinition}. */
export interface MapDefinitionOptions {
  /** Whether there are programs in it from the start, to which pointers lie behind the definition. */
  readonly held?: boolean;
}

/** Adds the type that says what `map` shall be. */
export function addMapDefinition(
  writer: BtfWriter,
  map: DefinedMap,
  { held = false }: MapDefinitionOptions = {},
): MapDefinition {
  const members = attributesOf(map).map(([name, what]) => ({ name, ...pointerTo(writer, what) }));
  if ("inner" in map && isDefined(map.inner as MapSpec)) {
    members.push({ name: "values", ...mapsLike(writer, map.inner as DefinedMap) });
  }
  if (held) members.push({ name: "values", ...addValues(writer, addProgramType(writer)) });
  const size = members.reduce((sum, member) => sum + member.size, 0);
  let bitOffset = 0;
  const placed = members.map(({ name, type, size: bytes }) => {
    const member = { name, type, bitOffset, bitfieldSize: 0 };
    bitOffset += 8 * bytes;
    return member;
  });
  return { type: writer.add({ kind: "struct", name: "", size, members: placed }), size };
}

/** Whether `map` has a definition, and is no variable. */
export function isDefined(map: MapSpec): map is DefinedMap {
  return !("variable" in map);
}

/** Number of a map's type: `enum bpf_map_type`. The list of words is in its order and starts with 1. */
export function mapTypeNumber(type: MapType): number {
  return mapTypes.indexOf(type) + 1;
}

/** The bits of a map's flags, `BPF_F_…` in include/uapi/linux/bpf.h. */
export function mapFlagBits(flags: readonly MapFlag[]): number {
  return flags.reduce((bits, flag) => bits | (1 << mapFlags.indexOf(flag)), 0) >>> 0;
}

/** The flags behind the bits; bits without a name are left out. */
export function mapFlagsOf(bits: number): readonly MapFlag[] {
  return mapFlags.filter((_, bit) => ((bits >>> bit) & 1) === 1);
}

/** Numbers of up to 32 bits, longer ones, and types. */
type Said = number | bigint | Layout<unknown>;

type Attribute = readonly [name: string, what: Said];

/** What a definition says, in order. Zeros are left out where they are the default. */
function attributesOf(map: DefinedMap): readonly Attribute[] {
  const { type, maxEntries, flags, pinning, numaNode, extra = 0n } = map;
  const always: readonly Attribute[] = numaNode === undefined ? [] : [["numa_node", numaNode]];
  const hashes = "hashes" in map ? (map.hashes as number) : 0;
  const attributes: readonly Attribute[] = [
    ["type", mapTypeNumber(type)],
    ["max_entries", maxEntries],
    ["map_flags", mapFlagBits(flags)],
    ["pinning", pinning === undefined ? 0 : pinByName],
    ["map_extra", extra === 0n ? hashes : extra > mostByPointer ? extra : Number(extra)],
    ...elementAttributes(map),
  ];
  return [...attributes.filter(([, what]) => what !== 0), ...always];
}

/** `LIBBPF_PIN_BY_NAME` of tools/lib/bpf/bpf_helpers.h. */
const pinByName = 1;

/** The largest number that the length of an array can say. */
const mostByPointer = 0xffff_ffffn;

/** Kinds of maps for which the kernel takes sizes and refuses types, or where the types say nothing. */
const withoutTypes: ReadonlySet<MapType> = new Set<MapType>([
  "prog_array",
  "perf_event_array",
  "stack_trace",
  "cgroup_array",
  "array_of_maps",
  "hash_of_maps",
  "devmap",
  "devmap_hash",
  "cpumap",
  "xskmap",
  "sockmap",
  "sockhash",
  "reuseport_sockarray",
  "queue",
  "stack",
  "insn_array",
]);

/** A perf event array is of descriptors by CPU, whatever the events are. */
const descriptorSizes: readonly Attribute[] = [
  ["key_size", 4],
  ["value_size", 4],
];

function elementAttributes(map: DefinedMap): readonly Attribute[] {
  if (map.type === "ringbuf" || map.type === "user_ringbuf") return [];
  if (map.type === "perf_event_array") return descriptorSizes;
  if (map.type === "arena") return [];
  const { key, value } = map as { readonly key: Layout<unknown>; readonly value: Layout<unknown> };
  if (withoutTypes.has(map.type)) {
    return [
      ["key_size", key.size],
      ["value_size", value.size],
    ];
  }
  return key.size === 0
    ? [["value", value]]
    : [
        ["key", key],
        ["value", value],
      ];
}

/** Bytes of a pointer on every machine that runs programs of 64 bits. */
export const pointerSize = 8;

interface Pointer {
  readonly type: BtfTypeId;
  readonly size: number;
}

/**
 * A pointer to an array as long as the number, or to what the layout describes; an enumeration with one value for what no
 * array can be as long as.
 */
function pointerTo(writer: BtfWriter, what: Said): Pointer {
  if (typeof what === "bigint") {
    const values = [{ name: "value", value: what }];
    const long = { kind: "enum64", name: "", size: 8, signed: false, values } as const;
    return { type: writer.add(long), size: 8 };
  }
  const target = typeof what === "number" ? addNumber(writer, what) : addLayoutType(writer, what);
  return { type: writer.intern({ kind: "ptr", name: "", type: target }), size: pointerSize };
}

function addNumber(writer: BtfWriter, length: number): BtfTypeId {
  const type = addCInt(writer);
  return writer.intern({ kind: "array", name: "", type, indexType: type, length });
}

/** C's `int`, which loaders also look for by itself. */
export function addCInt(writer: BtfWriter): BtfTypeId {
  return addInt(writer, "int", 4, "signed");
}

/** Maps in a map: `struct {…} *values[]`. */
function mapsLike(writer: BtfWriter, inner: DefinedMap): Pointer {
  return addValues(writer, addMapDefinition(writer, inner).type);
}

/** A program, `int ()`, as far as arrays of them are concerned. */
function addProgramType(writer: BtfWriter): BtfTypeId {
  const type = addCInt(writer);
  return writer.intern({ kind: "func_proto", name: "", type, parameters: [], variadic: false });
}

/** An array of pointers whose length is left open. */
function addValues(writer: BtfWriter, target: BtfTypeId): Pointer {
  const type = writer.intern({ kind: "ptr", name: "", type: target });
  const indexType = addCInt(writer);
  return { type: writer.intern({ kind: "array", name: "", type, indexType, length: 0 }), size: 0 };
}
