/**
 * Live maps that XDP programs send packets through.
 * @module
 */
import type { Handle, HasHandle } from "../kernel/handle.ts";
import type { CpumapValue, DevmapValue } from "../spec/redirect-map.ts";
import { ObjectMap } from "./object-map.ts";

/** No program: what a descriptor of -1 or 0 means (kernel/bpf/devmap.c). */
const noProgram = 0;

/** A live map of network interfaces. */
export class Devmap extends ObjectMap<"devmap" | "devmap_hash", number, DevmapValue> {
  /**
   * Puts an interface, by name or number, at `key`. `program`, of expected attach type `xdp_devmap`, runs on packets before
   * they leave (minimum kernel 5.8).
   * @throws {NotFoundError} when there is no such interface.
   */
  set(key: number, target: string | number, program?: HasHandle): void {
    const index = typeof target === "string" ? this.kernel.interfaceIndex(target) : target;
    this.store(key, [index, program?.handle ?? noProgram]);
  }

  /** The interface at `key` and the number of its program (0: none). */
  get(key: number): DevmapValue | undefined {
    return this.read(key);
  }
}

/** A live map of CPUs. */
export class Cpumap extends ObjectMap<"cpumap", number, CpumapValue> {
  /**
   * Opens CPU `cpu` to packets, with room for `queueSize` of them. `program`, of expected attach type `xdp_cpumap`, runs on
   * packets there (minimum kernel 5.9).
   */
  set(cpu: number, queueSize: number, program?: HasHandle): void {
    this.store(cpu, [queueSize, program?.handle ?? noProgram]);
  }

  /** The queue of CPU `cpu`; `undefined` when the CPU takes no packets. */
  get(cpu: number): CpumapValue | undefined {
    const found = this.read(cpu);
    return found?.queueSize === 0 ? undefined : found;
  }
}

/** A live map of AF_XDP sockets. User space cannot read it. */
export class Xskmap extends ObjectMap<"xskmap", number, number> {
  /** Puts a socket, by handle or by a descriptor of this process, at `index`. */
  set(index: number, socket: Handle | number): void {
    this.store(index, [socket]);
  }
}
