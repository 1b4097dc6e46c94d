/**
 * Live maps of maps.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { SyscallError } from "../kernel/errors.ts";
import type { Handle, HasHandle, MapId } from "../kernel/handle.ts";
import { handleOf } from "../kernel/handle-of.ts";
import type { MapSpec, OuterMapSpec } from "../spec/map-spec.ts";
import type { MapHold } from "./bpf-map.ts";
import { ReadableObjectMap } from "./object-map.ts";
import { differencesFrom } from "./definition.ts";

type OuterMapType = "array_of_maps" | "hash_of_maps";

/** How maps in it are made, and made of handles. */
export interface InnerMaps<Inner extends MapSpec, Live> {
  readonly create: (spec: Inner) => Live;
  readonly live: (spec: Inner, handle: Handle) => Live;
}

/** A live map of maps. What is read back is the number of the map at a key. */
export class OuterMap<Key, Inner extends MapSpec, Live extends HasHandle> extends ReadableObjectMap<
  OuterMapType,
  Key,
  number,
  MapId
> {
  /** What the maps in it are like. */
  readonly inner: Inner;
  readonly #maps: InnerMaps<Inner, Live>;

  constructor(hold: MapHold<OuterMapSpec<OuterMapType, Key, Inner>>, maps: InnerMaps<Inner, Live>) {
    super(hold);
    this.inner = hold.spec.inner;
    this.#maps = maps;
  }

  /**
   * Puts `map` at `key`, in place of what was there. The map stays alive while it is in here; the caller still closes
   * its own hold.
   * @throws {InvalidArgumentError} when it is not like the inner map of the spec, with the differences.
   */
  set(key: Key, map: HasHandle): void {
    const handle = handleOf(map, "the map");
    try {
      this.store(key, [handle]);
    } catch (error) {
      throw error instanceof SyscallError ? this.#explain(handle, error) : error;
    }
  }

  /** Makes a map like {@link inner} and puts it at `key`, in place of what was there. The caller closes it. */
  create(key: Key): Live {
    using stack = new DisposableStack();
    const map = this.#maps.create(this.inner);
    stack.defer(() => map.handle.close());
    this.set(key, map);
    stack.move();
    return map;
  }

  /** The map at `key`, which the caller closes; `undefined` when there is none. Needs CAP_SYS_ADMIN. */
  open(key: Key): Live | undefined {
    const handle = this.openHandle(key);
    return handle === undefined ? undefined : this.#maps.live(this.inner, handle);
  }

  /** A handle of the map at `key`, which the caller closes; `undefined` when there is none. Needs CAP_SYS_ADMIN. */
  openHandle(key: Key): Handle | undefined {
    const id = this.get(key);
    return id === undefined ? undefined : this.kernel.bpf("mapGetFdById", { id });
  }

  /** What is wrong with a map that the kernel refused, when that can be seen. */
  #explain(handle: Handle, refusal: SyscallError): Error {
    const info = this.kernel.bpf("objGetInfoByFd", { object: handle });
    const differences = info.kind === "map" ? differencesFrom(this.inner, info) : [];
    if (differences.length === 0) return refusal;
    return new InvalidArgumentError(
      `maps in "${this.name}" are like "${this.inner.name}": ${differences.join(", ")}`,
      { cause: refusal, hint: "make the map of the inner spec, or with create" },
    );
  }
}
