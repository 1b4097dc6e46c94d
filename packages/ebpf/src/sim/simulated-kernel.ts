/**
 * A kernel in TypeScript: maps, programs, rings and test runs in any process, without privileges.
 *
 * It answers as the native kernel does, errno included, and takes nothing from the machine: version, CPUs, clock, process
 * and random numbers are what its options say. What it does not simulate it refuses by name; nothing is attached anywhere.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import type { Command, CommandAttributes, CommandResult } from "../kernel/commands.ts";
import { NotSupportedError } from "../kernel/errors.ts";
import type { KernelVersion } from "../kernel/feature.ts";
import type { Handle } from "../kernel/handle.ts";
import type {
  CpuTopology,
  ElementAccess,
  ElementShape,
  Kernel,
  MappedMemory,
  MemoryOptions,
  RingAccess,
  Watch,
} from "../kernel/kernel.ts";
import { SimulatedElements, SimulatedMemory, SimulatedRing, SimulatedWatch } from "./access.ts";
import { handlers } from "./command/commands.ts";
import { Core } from "./core.ts";
import type { Injection } from "./injection.ts";
import { RingStore } from "./map/ring-store.ts";
import { SimulatedMap } from "./map/simulated-map.ts";
import { objectOf } from "./object.ts";
import type { Engine } from "./vm/machine.ts";
import type { World } from "./world.ts";

/** What a simulated kernel is like. */
export interface SimulatedKernelOptions {
  /** 6.18 when left out. */
  readonly version?: KernelVersion;
  /** Number of CPUs, 2 when left out. */
  readonly cpus?: number;
  /** Start of the random numbers, 1 when left out. */
  readonly seed?: number;
  /** BTF of the kernel that it stands for, for programs that look into structs. */
  readonly btf?: Uint8Array;
  /** How instructions are executed, `compile` when left out. */
  readonly engine?: Engine;
}

const pageBytes = 4096;

/**
 * A simulated kernel.
 * @throws {InvalidArgumentError} when it would have no CPU.
 */
export function createSimulatedKernel(options: SimulatedKernelOptions = {}): SimulatedKernel {
  return new SimulatedKernel(options);
}

/** {@link Kernel} in TypeScript. */
export class SimulatedKernel implements Kernel {
  readonly kind = "simulated";
  readonly version: KernelVersion;
  readonly cpus: CpuTopology;
  readonly pageBytes: number = pageBytes;
  readonly machine = "x86_64";
  /** Clock, process, CPU and random numbers, to be set as a test wants them. */
  readonly world: World;
  readonly #core: Core;
  readonly #btf: Uint8Array | undefined;

  constructor({
    version = [6, 18, 0],
    cpus = 2,
    seed = 1,
    btf,
    engine = "compile",
  }: SimulatedKernelOptions) {
    if (!Number.isInteger(cpus) || cpus < 1) {
      throw new InvalidArgumentError(`a kernel cannot have ${cpus} CPUs`, {
        hint: "give 1 or more",
      });
    }
    const numbers = Array.from({ length: cpus }, (_, cpu) => cpu);
    this.version = version;
    this.cpus = { possible: numbers, online: numbers };
    this.world = {
      now: 1_000_000_000n,
      cpu: 0,
      task: { pid: 1, tid: 1, uid: 0, gid: 0, comm: "simulated" },
      random: () => Math.floor(this.#core.injections.random() * 2 ** 32),
      printed: [],
    };
    this.#core = new Core({ version, cpuCount: cpus, pageBytes, world: this.world, seed, engine });
    this.#btf = btf;
  }

  /**
   * Makes calls fail on purpose; disposing ends that.
   * @throws {InvalidArgumentError} when there is no such error.
   */
  inject(injection: Injection): Disposable {
    return this.#core.injections.add(injection);
  }

  bpf<C extends Command>(command: C, attributes: CommandAttributes<C>): CommandResult<C> {
    const handler = handlers[command];
    if (handler === undefined) return this.#missing(`command ${command} of bpf(2)`);
    const injected = this.#core.before(command);
    if (injected < 0) throw this.#core.error(command, injected, `run ${command}`);
    return handler(this.#core, attributes);
  }

  openElements(map: Handle, shape: ElementShape): ElementAccess {
    return new SimulatedElements(this.#core, map, shape);
  }

  openMemory(map: Handle, options: MemoryOptions): MappedMemory {
    const object = objectOf(map, SimulatedMap);
    const isMapped = object.attributes.mapFlags?.includes("mmapable") === true;
    if (!isMapped)
      throw new InvalidArgumentError(`${object.label} is not mmapable`, {
        hint: 'create it with the flag "mmapable"',
      });
    return new SimulatedMemory(object, options);
  }

  openRing(map: Handle, sizeBytes: number): RingAccess {
    const object = objectOf(map, SimulatedMap);
    if (object.store instanceof RingStore && object.store.sizeBytes === sizeBytes)
      return new SimulatedRing(object, object.store);
    throw new InvalidArgumentError(`${object.label} is not a ring buffer of ${sizeBytes} bytes`);
  }

  watch(handles: readonly Handle[], onReadable: () => void): Watch {
    return new SimulatedWatch(handles, onReadable);
  }

  readBtf(name: string): Uint8Array {
    if (name === "vmlinux" && this.#btf !== undefined) return this.#btf;
    throw new NotSupportedError(`BTF of ${name}`, {
      hint: "give the simulated kernel the BTF of a real one: createSimulatedKernel({ btf })",
    });
  }

  openPerfRing(): never {
    return this.#missing("perf events");
  }
  openUserRing(): never {
    return this.#missing("user ring buffers");
  }
  openTracePipe(): never {
    return this.#missing("the trace pipe");
  }
  openTracepointEvent(): never {
    return this.#missing("events of tracepoints");
  }
  openPerfEvent(): never {
    return this.#missing("perf events");
  }
  openTracefsProbe(): never {
    return this.#missing("probes of tracefs");
  }
  traceableFunctions(): never {
    return this.#missing("functions to trace");
  }
  attachToPerfEvent(): never {
    return this.#missing("perf events");
  }
  openPath(path: string): never {
    return this.#missing(`files such as ${path}`);
  }
  openDescriptor(): never {
    return this.#missing("descriptors");
  }
  readInto(): never {
    return this.#missing("iterators");
  }
  readFile(path: string): never {
    return this.#missing(`files such as ${path}`);
  }
  interfaceIndex(name: string): number {
    if (name === "lo") return 1;
    return this.#missing(`network interfaces such as ${name}`);
  }
  get network(): never {
    return this.#missing("network interfaces");
  }
  attachToSocket(): never {
    return this.#missing("sockets");
  }
  openPacketMemory(): never {
    return this.#missing("AF_XDP sockets");
  }
  openXdpSocket(): never {
    return this.#missing("AF_XDP sockets");
  }

  #missing(feature: string): never {
    throw new NotSupportedError(feature, { hint: "the simulated kernel does not have it" });
  }
}
