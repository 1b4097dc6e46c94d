/**
 * The state of a simulated kernel: memory, machine, objects, and what is around programs.
 * @module
 */
import type { Command } from "../kernel/commands.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import type { Operation } from "../kernel/failure.ts";
import type { KernelVersion } from "../kernel/feature.ts";
import { elementMeanings } from "../kernel/map-meanings.ts";
import type { Judge } from "./access.ts";
import type { SimulatedBtf } from "./command/commands.ts";
import { bindHelpers } from "./helper/context.ts";
import { memoryHelpers, worldHelpers } from "./helper/general.ts";
import { mapHelpers, ringHelpers } from "./helper/maps.ts";
import { packetHelpers } from "./helper/packet.ts";
import { Injections } from "./injection.ts";
import { ObjectStore } from "./map/object-store.ts";
import { RingStore } from "./map/ring-store.ts";
import type { SimulatedMap } from "./map/simulated-map.ts";
import type { SimulatedObject } from "./object.ts";
import { Packet } from "./packet.ts";
import { SimulatedProgram } from "./program.ts";
import { refusal } from "./refuse.ts";
import { Registry } from "./registry.ts";
import { createMachine } from "./vm/create-machine.ts";
import type { Engine, Helper, Machine } from "./vm/machine.ts";
import { Memory } from "./vm/memory.ts";
import type { World } from "./world.ts";

/** What a core is made of. */
export interface CoreSetup {
  readonly version: KernelVersion;
  readonly cpuCount: number;
  readonly pageBytes: number;
  readonly world: World;
  readonly seed: number;
  readonly engine: Engine;
}

/** The state of one simulated kernel. */
export class Core implements Judge {
  readonly version: KernelVersion;
  readonly cpuCount: number;
  readonly pageBytes: number;
  readonly world: World;
  readonly injections: Injections;
  readonly machine: Machine;
  readonly packet: Packet;
  readonly helpers: ReadonlyMap<number, Helper>;
  readonly maps: Registry<SimulatedMap> = new Registry();
  readonly programs: Registry<SimulatedProgram> = new Registry();
  readonly btfs: Registry<SimulatedBtf> = new Registry();
  readonly pins: Map<string, SimulatedObject> = new Map();
  readonly #byAddress = new Map<bigint, SimulatedMap>();
  readonly #rings = new Set<RingStore>();
  #running: SimulatedProgram | undefined;

  constructor(setup: CoreSetup) {
    this.version = setup.version;
    this.cpuCount = setup.cpuCount;
    this.pageBytes = setup.pageBytes;
    this.world = setup.world;
    this.injections = new Injections(setup.seed);
    const memory = new Memory();
    this.packet = new Packet(memory);
    this.helpers = this.#bind();
    const tailCall = (map: bigint, index: number) => this.#inSlot(map, index)?.program;
    const environment = { helpers: this.helpers, tailCall };
    this.machine = createMachine({ memory, environment, engine: setup.engine });
  }

  addMap(map: SimulatedMap): SimulatedMap {
    this.#byAddress.set(map.address, map);
    const { store } = map;
    if (store instanceof RingStore) this.#rings.add(store);
    map.atEnd(() => {
      this.#byAddress.delete(map.address);
      if (store instanceof RingStore) this.#rings.delete(store);
    });
    return this.maps.add(map);
  }

  addProgram(program: SimulatedProgram): SimulatedProgram {
    return this.programs.add(program);
  }

  /** Runs something of a program, which helpers ask for meanwhile. */
  running<T>(program: SimulatedProgram, run: () => T): T {
    const before = this.#running;
    this.#running = program.hold();
    try {
      return run();
    } finally {
      this.#running = before;
      program.drop();
    }
  }

  before(command: Command): number {
    return this.injections.next(command);
  }

  /** @throws {SyscallError} when `result` is a negated errno. */
  check(result: number, command: Command, operation: () => Operation): void {
    if (result < 0) throw this.error(command, result, operation());
  }

  error(command: Command, result: number, operation: Operation | string): Error {
    const described =
      typeof operation === "string" ? { text: operation, meanings: elementMeanings } : operation;
    return refusal(result, { command, version: this.version, operation: described });
  }

  #bind(): ReadonlyMap<number, Helper> {
    const isXdp = (): boolean => this.#running?.attributes.progType === "xdp";
    const groups = [
      worldHelpers,
      memoryHelpers,
      mapHelpers,
      ringHelpers(() => this.#rings),
      packetHelpers(isXdp),
    ];
    return bindHelpers(groups, {
      world: this.world,
      packet: this.packet,
      mapAt: (address) => this.#mapAt(address),
    });
  }

  #mapAt(address: bigint): SimulatedMap {
    const map = this.#byAddress.get(address);
    if (map !== undefined) return map;
    throw new InvalidArgumentError(
      `a program gave 0x${address.toString(16)} to a helper as a map, which it is not`,
    );
  }

  #inSlot(address: bigint, index: number): SimulatedProgram | undefined {
    const { store } = this.#mapAt(address);
    const key = new Uint8Array(Uint32Array.of(index).buffer);
    const found = store instanceof ObjectStore ? store.get(key) : undefined;
    return found instanceof SimulatedProgram ? found : undefined;
  }
}
