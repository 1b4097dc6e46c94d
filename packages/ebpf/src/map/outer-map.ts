/**
 * Live maps of maps.
 * @module
 */
import type { Handle, HasHandle, MapId } from "../kernel/handle.ts";
import type { MapSpec, OuterMapSpec } from "../spec/map-spec.ts";
import type { MapHold } from "./bpf-map.ts";
import { ObjectMap } from "./object-map.ts";

/** A live map of maps. */
export class OuterMap<Key, Inner extends MapSpec> extends ObjectMap<
  "array_of_maps" | "hash_of_maps",
  Key,
  number
> {
  /** What the maps in it are like. */
  readonly inner: Inner;

  constructor(hold: MapHold<OuterMapSpec<"array_of_maps" | "hash_of_maps", Key, Inner>>) {
    super(hold);
    this.inner = hold.spec.inner;
  }

  /**
   * Puts `map` at `key`.
   * @throws {SyscallError} when it is not like the inner map of the spec.
   */
  set(key: Key, map: HasHandle): void {
    this.store(key, [map.handle]);
  }

  /** Number of the map at `key`; `undefined` when there is none. */
  get(key: Key): MapId | undefined {
    return this.read(key) as MapId | undefined;
  }

  /** A handle of the map at `key`, which the caller closes; `undefined` when there is none. */
  open(key: Key): Handle | undefined {
    const id = this.get(key);
    return id === undefined ? undefined : this.kernel.bpf("mapGetFdById", { id });
  }
}
