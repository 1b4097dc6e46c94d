/**
 * Live maps that XDP programs send packets through.
 * @module
 */
import { assertWhole } from "../base/arguments.ts";
import type { Handle, HasHandle } from "../kernel/handle.ts";
import { handleOf } from "../kernel/handle-of.ts";
import { interfaceIndexOf } from "../kernel/interface-index.ts";
import type { CpumapValue, DevmapValue } from "../spec/redirect-map.ts";
import { ObjectMap, ReadableObjectMap } from "./object-map.ts";
import { socketWord } from "./socket-source.ts";

/** No program: what a descriptor of -1 or 0 means (kernel/bpf/devmap.c). */
const noProgram = 0;
/** Most packets that can wait for a CPU (cpu_map_update_elem of kernel/bpf/cpumap.c). */
const largestQueue = 16_384;

/** The handle of a program, or none where it is left out. */
function programIn(program: HasHandle | undefined): Handle | number {
  return program === undefined ? noProgram : handleOf(program, "the program");
}

/** A live map of network interfaces. What is read back is the interface and the number of its program (0: none). */
export class Devmap extends ReadableObjectMap<"devmap" | "devmap_hash", number, DevmapValue> {
  /**
   * Puts an interface, by name or number, at `key`. `program`, of expected attach type `xdp_devmap`, runs on packets before
   * they leave (minimum kernel 5.8).
   * @throws {NotFoundError} when there is no such interface.
   */
  set(key: number, target: string | number, program?: HasHandle): void {
    this.store(key, [interfaceIndexOf(this.kernel, target), programIn(program)]);
  }
}

/** A live map of CPUs. */
export class Cpumap extends ReadableObjectMap<"cpumap", number, CpumapValue> {
  /**
   * Opens CPU `cpu` to packets, with room for `queueSize` of them. `program`, of expected attach type `xdp_cpumap`, runs on
   * packets there (minimum kernel 5.9). `delete` closes it again.
   * @throws {InvalidArgumentError} for room that the kernel does not give: at least 1, at most 16384.
   */
  set(cpu: number, queueSize: number, program?: HasHandle): void {
    assertWhole(queueSize, "the size of a CPU's queue", { least: 1, most: largestQueue });
    this.store(cpu, [queueSize, programIn(program)]);
  }

  /** The queue of CPU `cpu`; `undefined` when the CPU takes no packets. */
  override get(cpu: number): CpumapValue | undefined {
    const found = this.read(cpu);
    return found?.queueSize === 0 ? undefined : found;
  }
}

/** A live map of AF_XDP sockets. User space cannot read it. */
export class Xskmap extends ObjectMap<"xskmap", number, number> {
  /** Puts an AF_XDP socket, or its handle, or its descriptor in this process, at `index`. */
  set(index: number, socket: HasHandle | Handle | number): void {
    this.store(index, [
      typeof socket === "object" && socket !== null && "handle" in socket
        ? socket.handle
        : socketWord(socket),
    ]);
  }
}
