/**
 * What every live map can do, whatever it holds: tell about itself, be frozen, pinned, closed.
 * @module
 */
import { assert } from "../base/assert.ts";
import { ClosedError } from "../base/errors.ts";
import type { Handle, MapId } from "../kernel/handle.ts";
import type { MapInfo } from "../kernel/info.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { MapSpec } from "../spec/map-spec.ts";

/** A map and the kernel it lives in, as `createMap` and `openPinnedMap` hand it to a map's constructor. */
export interface MapHold<Spec extends MapSpec> {
  readonly kernel: Kernel;
  readonly spec: Spec;
  /** Owned by the map from now on. */
  readonly handle: Handle;
}

/** A live map. It is closed by whoever created it; the kernel's map lives on while programs or pins refer to it. */
export abstract class BpfMap<Spec extends MapSpec = MapSpec> implements Disposable {
  readonly spec: Spec;
  protected readonly kernel: Kernel;
  readonly #handle: Handle;

  constructor({ kernel, spec, handle }: MapHold<Spec>) {
    this.kernel = kernel;
    this.spec = spec;
    this.#handle = handle;
  }

  /** Name of the spec; the kernel keeps its first 15 characters. */
  get name(): string {
    return this.spec.name;
  }

  get type(): Spec["type"] {
    return this.spec.type;
  }

  get closed(): boolean {
    return this.#handle.closed;
  }

  /**
   * The handle, lent: to load a program that uses the map, or to hand it to `Kernel.bpf`.
   * @throws {ClosedError} after `close`.
   */
  get handle(): Handle {
    if (this.#handle.closed) throw new ClosedError(`map "${this.name}"`);
    return this.#handle;
  }

  /** What the kernel tells of the map. Minimum kernel 4.13. */
  info(): MapInfo {
    const info = this.kernel.bpf("objGetInfoByFd", { object: this.handle });
    assert(info.kind === "map", `info of map "${this.name}" is of a ${info.kind}`);
    return info;
  }

  /** The kernel's number of the map. */
  get id(): MapId {
    return this.info().id;
  }

  /**
   * Makes the map read-only for user space, for good; programs still write to it. Minimum kernel 5.2.
   * @throws {BusyError} when somebody has it mapped for writing.
   */
  freeze(): void {
    this.kernel.bpf("mapFreeze", { map: this.handle });
  }

  /**
   * Pins the map at `path` on a bpffs, where it outlives this process until the file is removed.
   * @throws {ExistsError} when something is there; {@link NotFoundError} when the folder is not.
   * @throws {InvalidArgumentError} when the path is not on a bpffs.
   */
  pin(path: string): void {
    this.kernel.bpf("objPin", { pathname: path, object: this.handle });
  }

  close(): void {
    this.#handle.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
