/**
 * A map of the simulated kernel: its elements, who may change them, and what it tells of itself.
 * @module
 */
import type { MapCreate } from "../../kernel/commands.ts";
import type { BtfId, MapId } from "../../kernel/handle.ts";
import type { MapInfo } from "../../kernel/info.ts";
import type { LookupMode, UpdateMode } from "../../kernel/kernel.ts";
import { failed } from "../errno.ts";
import { SimulatedObject } from "../object.ts";
import { SimulatedProgram } from "../program.ts";
import type { SimulatedBtf } from "../simulated-btf.ts";
import type { ProgramType } from "../../spec/words.ts";
import { ObjectStore } from "./object-store.ts";
import { createStore } from "./create-store.ts";
import type { RingStore } from "./ring-store.ts";
import { StructOpsStore } from "./struct-ops-store.ts";
import { type Words, WordStore } from "./word-store.ts";
import type { MapStore, StoreMode, StoreOptions, StoreSetup } from "./store.ts";

/** A map. */
export class SimulatedMap extends SimulatedObject {
  readonly kind = "map";
  readonly attributes: MapCreate;
  readonly store: MapStore;
  /** Address by which programs name the map; nothing can be read there. */
  readonly address: bigint;
  /** What maps in it have to be like. */
  readonly inner: SimulatedMap | undefined;
  /** Types that describe it, which it keeps. */
  readonly btf: SimulatedBtf | undefined;
  /** Whether its values have a spin lock, which nobody holds while user space does something. */
  readonly hasLock: boolean;
  /** Told of each object that is put into it, before: 0, or a negated errno to refuse it. */
  joined: (object: SimulatedObject) => number = () => 0;
  /** Whether numbers that are put into it can be meant: 0, or a negated errno. */
  acceptsWords: (words: readonly number[]) => number = () => 0;
  /** User space changes nothing any more. */
  frozen = false;
  #programType: ProgramType | undefined;
  /** Mappings that may write. */
  writers = 0;

  constructor(
    setup: StoreSetup,
    parts: {
      readonly inner?: SimulatedMap | undefined;
      readonly btf?: SimulatedBtf | undefined;
      readonly hasLock?: boolean;
    },
  ) {
    super(setup.label);
    this.attributes = setup.attributes;
    this.inner = parts.inner;
    this.btf = parts.btf?.hold();
    this.hasLock = parts.hasLock ?? false;
    this.address = setup.memory.allocate(`${setup.label} itself`, 0);
    this.store = createStore(setup, {
      wake: () => this.wakeReaders(),
      accepts: (object) => this.#accepts(object),
      acceptsWords: (words) => this.acceptsWords(words),
    });
    this.atEnd(() => {
      this.btf?.drop();
      this.store.free();
      setup.memory.free(this.address);
    });
  }

  override get readable(): boolean {
    return "readable" in this.store && (this.store as RingStore).readable;
  }

  /** Bytes that user space moves with one lookup. */
  get userValueSize(): number {
    return this.store.values?.stride === undefined || !this.attributes.mapType.includes("percpu")
      ? this.attributes.valueSize
      : this.store.values.stride;
  }

  /** Stores for user space. */
  write(key: Uint8Array, value: Uint8Array, mode: UpdateMode, cpu?: StoreOptions["cpu"]): number {
    if (!this.mayWrite) return failed.noPermission;
    const plain = this.#plainMode(mode);
    return plain === undefined
      ? failed.invalid
      : this.store.update(key, value, { mode: plain, cpu });
  }

  /** Stores numbers and objects for user space. */
  writeWords(key: Uint8Array, words: Words, mode: UpdateMode): number {
    if (!this.mayWrite) return failed.noPermission;
    const plain = this.#plainMode(mode);
    if (plain === undefined) return failed.invalid;
    if (this.store instanceof WordStore) {
      const fits = words.every((word) => typeof word === "number" || this.#mayRun(word));
      return fits ? this.store.put(key, words, plain) : failed.invalid;
    }
    if (this.store instanceof StructOpsStore) return this.store.put(key, words, plain);
    if (!(this.store instanceof ObjectStore)) return failed.invalid;
    const object = words.find((word) => typeof word !== "number");
    return object === undefined ? failed.badDescriptor : this.store.put(key, object, plain);
  }

  remove(key: Uint8Array): number {
    return this.mayWrite ? this.store.delete(key) : failed.noPermission;
  }

  read(
    key: Uint8Array,
    value: Uint8Array,
    {
      cpu,
      mode,
    }: { readonly cpu?: number | undefined; readonly mode?: LookupMode | undefined } = {},
  ): number {
    if (!this.mayRead) return failed.noPermission;
    if (mode === "locked" && !this.hasLock) return failed.invalid;
    return this.store.lookup(key, value, cpu);
  }

  take(key: Uint8Array, value: Uint8Array, mode?: LookupMode): number {
    if (!this.mayWrite || !this.mayRead) return failed.noPermission;
    if (mode === "locked" && !this.hasLock) return failed.invalid;
    return this.store.take(key, value);
  }

  next(key: Uint8Array | undefined, next: Uint8Array): number {
    return this.mayRead ? this.store.next(key, next) : failed.noPermission;
  }

  freeze(): number {
    if (!this.mayWrite) return failed.noPermission;
    if (this.writers > 0) return failed.busy;
    this.frozen = true;
    return 0;
  }

  info(): MapInfo {
    const { attributes, id, btf } = this;
    return {
      kind: "map",
      id: id as MapId,
      type: attributes.mapType,
      name: attributes.mapName ?? "",
      keySize: attributes.keySize,
      valueSize: attributes.valueSize,
      maxEntries: attributes.maxEntries,
      flags: (attributes.mapFlags ?? []).filter((flag) => flag !== "rdonly" && flag !== "wronly"),
      interfaceIndex: 0,
      netNamespace: { device: 0n, inode: 0n },
      btfId: (btf?.id ?? 0) as BtfId,
      btfKeyTypeId: attributes.btfKeyTypeId ?? 0,
      btfValueTypeId: attributes.btfValueTypeId ?? 0,
      btfVmlinuxId: 0 as BtfId,
      btfVmlinuxValueTypeId: attributes.btfVmlinuxValueTypeId ?? 0,
      mapExtra: attributes.mapExtra ?? 0n,
    };
  }

  /** A mode without its lock; `undefined` when the values have none. */
  #plainMode(mode: UpdateMode): StoreMode | undefined {
    if (mode === "any" || mode === "noexist" || mode === "exist") return mode;
    return this.hasLock ? (mode.replace("-locked", "") as StoreMode) : undefined;
  }

  /** Whether user space may change something, and look something up. */
  get mayWrite(): boolean {
    return !this.frozen && this.attributes.mapFlags?.includes("rdonly") !== true;
  }

  get mayRead(): boolean {
    return this.attributes.mapFlags?.includes("wronly") !== true;
  }

  /** Whether a program is one for packets that a map of interfaces or CPUs has sent on. */
  #mayRun(object: SimulatedObject): boolean {
    const wanted = this.attributes.mapType === "cpumap" ? "xdp_cpumap" : "xdp_devmap";
    return (
      object instanceof SimulatedProgram &&
      object.attributes.progType === "xdp" &&
      object.attributes.expectedAttachType === wanted
    );
  }

  /** Whether this map of objects takes `object`. */
  #accepts(object: SimulatedObject): number {
    const wanted = wantedKinds[this.attributes.mapType];
    if (wanted !== object.kind) return failed.invalid;
    if (object instanceof SimulatedMap) return isAlike(this.inner!, object) ? 0 : failed.invalid;
    if (!(object instanceof SimulatedProgram)) return this.joined(object);
    // All programs of an array are of the type of the first one (bpf_prog_map_compatible, kernel/bpf/core.c).
    this.#programType ??= object.attributes.progType;
    return this.#programType === object.attributes.progType ? 0 : failed.invalid;
  }
}

const wantedKinds: Readonly<Record<string, SimulatedObject["kind"]>> = {
  prog_array: "program",
  perf_event_array: "perf-event",
  array_of_maps: "map",
  hash_of_maps: "map",
  sockmap: "socket",
  sockhash: "socket",
  reuseport_sockarray: "socket",
  xskmap: "socket",
  cgroup_array: "file",
};

/** Whether a map can stand in for the inner one it was declared with (bpf_map_meta_equal, kernel/bpf/map_in_map.c). */
function isAlike({ attributes: left }: SimulatedMap, { attributes: right }: SimulatedMap): boolean {
  const isArray = left.mapType === "array" && left.mapFlags?.includes("inner_map") !== true;
  return (
    left.mapType === right.mapType &&
    left.keySize === right.keySize &&
    left.valueSize === right.valueSize &&
    (left.mapFlags ?? []).join() === (right.mapFlags ?? []).join() &&
    (!isArray || left.maxEntries === right.maxEntries)
  );
}
