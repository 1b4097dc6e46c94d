/**
 * The state of a simulated kernel: memory, machine, objects, attachments, and what is around programs.
 * @module
 */
import type { Btf } from "../btf/btf.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import type { Command } from "../kernel/commands.ts";
import type { Operation } from "../kernel/failure.ts";
import type { KernelVersion } from "../kernel/feature.ts";
import { elementMeanings } from "../kernel/map-meanings.ts";
import type { MapType, ProgramType } from "../spec/words.ts";
import type { Judge } from "./access.ts";
import { Attachments, type Attachment } from "./attach/attachments.ts";
import { Files } from "./attach/file.ts";
import { KernelFiles } from "./attach/kernel-files.ts";
import { Interfaces } from "./attach/interfaces.ts";
import { KnownNames } from "./attach/known-names.ts";
import { place } from "./attach/place.ts";
import { Routes } from "./attach/routes.ts";
import type { SimulatedLink } from "./attach/simulated-link.ts";
import { joinXskmap, type SimulatedXdpSocket } from "./attach/simulated-xdp-socket.ts";
import type { SimulatedSocket } from "./attach/simulated-socket.ts";
import { joinMap } from "./attach/socket-maps.ts";
import { Symbols } from "./attach/symbols.ts";
import type { Checking } from "./command/verify.ts";
import { CurrentTask } from "./current-task.ts";
import { allHelpers } from "./helper/all.ts";
import { failed } from "./errno.ts";
import { bindHelpers, type Invocation } from "./helper/context.ts";
import { KfuncTable } from "./helper/kfuncs.ts";
import type { RemoteEvent } from "./helper/remote-control.ts";
import type { InodeHash } from "./helper/security.ts";
import type { Acknowledgement } from "./helper/socket.ts";
import { Timers } from "./helper/timers.ts";
import { Injections } from "./injection.ts";
import { ObjectStore } from "./map/object-store.ts";
import { RingStore } from "./map/ring-store.ts";
import type { SimulatedMap } from "./map/simulated-map.ts";
import { StructOpsStore } from "./map/struct-ops-store.ts";
import type { SimulatedObject } from "./object.ts";
import { Packet } from "./packet.ts";
import { SimulatedProgram } from "./program.ts";
import { Printed } from "./printed.ts";
import { refusal } from "./refuse.ts";
import { Registry } from "./registry.ts";
import type { GivenObject } from "./typed/given.ts";
import { KernelTypes } from "./typed/kernel-types.ts";
import { Placement } from "./typed/placement.ts";
import type { SimulatedBtf } from "./simulated-btf.ts";
import { Statistics } from "./statistics.ts";
import { RegisteredOps } from "./struct-ops/registered.ts";
import type { StructOpsLink } from "./struct-ops/struct-ops-link.ts";
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
  readonly checking: Checking;
  readonly btf: Uint8Array | undefined;
  readonly files: ((path: string) => Uint8Array | undefined) | undefined;
}

/** Programs whose loads of kernel memory never fault: what cannot be read is 0 (PROBE_MEM of arch/x86/net/bpf_jit_comp.c). */
const followsPointers: ReadonlySet<ProgramType> = new Set<ProgramType>([
  "tracing",
  "lsm",
  "struct_ops",
  "netfilter",
]);

/** Longest queue of a CPU in a map: `cpu_map_update_elem` of kernel/bpf/cpumap.c. */
const longestQueue = 16384;

/** Maps whose programs go over to the sockets in them. */
const socketMaps: ReadonlySet<MapType> = new Set<MapType>(["sockmap", "sockhash"]);

/** The state of one simulated kernel. */
export class Core implements Judge {
  readonly version: KernelVersion;
  readonly cpuCount: number;
  readonly pageBytes: number;
  readonly world: World;
  /** Whether programs are checked before they are loaded. */
  readonly checking: Checking;
  readonly injections: Injections;
  readonly memory: Memory = new Memory();
  readonly machine: Machine;
  readonly packet: Packet;
  readonly types: KernelTypes;
  readonly helpers: ReadonlyMap<number, Helper>;
  readonly kfuncs: KfuncTable = new KfuncTable(() => this);
  readonly maps: Registry<SimulatedMap> = new Registry();
  readonly programs: Registry<SimulatedProgram> = new Registry();
  readonly btfs: Registry<SimulatedBtf> = new Registry();
  readonly links: Registry<SimulatedLink | StructOpsLink> = new Registry();
  readonly sockets: Registry<SimulatedSocket> = new Registry();
  /** AF_XDP sockets by interface and queue. */
  readonly xdpSockets: Map<string, SimulatedXdpSocket> = new Map();
  readonly pins: Map<string, SimulatedObject> = new Map();
  readonly attachments: Attachments = new Attachments();
  readonly structOps: RegisteredOps = new RegisteredOps();
  readonly kernelFiles: KernelFiles;
  readonly files: Files;
  readonly interfaces: Interfaces = new Interfaces();
  readonly names: KnownNames = new KnownNames(() => this.types.btf);
  readonly routes: Routes = new Routes();
  readonly symbols: Symbols = new Symbols();
  readonly printed: Printed;
  readonly statistics: Statistics;
  readonly timers: Timers<SimulatedMap>;
  /** What tests placed for as long as the kernel lives. */
  readonly placement: Placement;
  readonly currentTask: CurrentTask;
  /** What iterators walk over, by their names. */
  readonly iterated: Map<string, readonly GivenObject[]> = new Map();
  /** Signals that programs sent to the task that ran, the newest last. */
  readonly signals: number[] = [];
  /** What programs found in pulses of remote controls, the newest last. */
  readonly remoteEvents: RemoteEvent[] = [];
  /** Acknowledgements of TCP that programs have sent, the newest last. */
  readonly acknowledged: Acknowledgement[] = [];
  /** Hashes that inodes have, by the address of the inode. */
  readonly inodeHashes: Map<bigint, InodeHash> = new Map();
  /** What was set with `bpf_setsockopt` on what is no socket of a test. */
  readonly socketOptions: Map<string, Uint8Array> = new Map();
  readonly #byAddress = new Map<bigint, SimulatedMap>();
  readonly #rings = new Set<RingStore>();
  #current: Invocation | undefined;

  constructor(setup: CoreSetup) {
    this.version = setup.version;
    this.cpuCount = setup.cpuCount;
    this.pageBytes = setup.pageBytes;
    this.world = setup.world;
    this.checking = setup.checking;
    this.kernelFiles = new KernelFiles(setup.version);
    this.files = new Files(this.kernelFiles, setup.files);
    this.types = new KernelTypes(setup.btf);
    this.injections = new Injections(setup.seed);
    this.printed = new Printed(setup.world);
    this.statistics = new Statistics(setup.world);
    this.placement = new Placement(this.memory);
    this.currentTask = new CurrentTask(this.types, this.memory, this.world);
    this.packet = new Packet(this.memory);
    this.timers = new Timers(setup.world, this.memory);
    this.helpers = bindHelpers(allHelpers, this);
    const tailCall = (map: bigint, index: number) => this.#inSlot(map, index)?.program;
    const packetLoad = (_: bigint, offset: number, size: number) =>
      this.packet.loadNumber(offset, size);
    const { helpers, kfuncs } = this;
    const environment = { helpers, kfuncs, tailCall, packetLoad };
    this.machine = createMachine({ memory: this.memory, environment, engine: setup.engine });
  }

  addMap(map: SimulatedMap): SimulatedMap {
    this.#byAddress.set(map.address, map);
    const { store } = map;
    if (store instanceof RingStore) this.#rings.add(store);
    const { mapType } = map.attributes;
    if (socketMaps.has(mapType)) map.joined = (socket) => joinMap(this, map, socket);
    if (store instanceof StructOpsStore) {
      store.register = () => this.structOps.add(map);
      store.unregister = () => this.structOps.remove(map);
    }
    if (mapType === "xskmap") map.joined = (socket) => joinXskmap(store, socket);
    if (mapType.startsWith("devmap"))
      map.acceptsWords = (words) => this.#acceptsInterface(mapType, words);
    if (mapType === "cpumap") map.acceptsWords = (words) => this.#acceptsCpu(words);
    map.atEnd(() => {
      this.#byAddress.delete(map.address);
      this.timers.forget(map);
      if (store instanceof RingStore) this.#rings.delete(store);
    });
    return this.maps.add(map);
  }

  addProgram(program: SimulatedProgram): SimulatedProgram {
    return this.programs.add(program);
  }

  /** The socket whose `struct bpf_sock` is at an address. */
  socketAt(address: bigint): SimulatedSocket | undefined {
    return this.sockets.find((socket) => socket.address === address);
  }

  /** Types of the kernel. */
  readonly kernelTypes = (): Btf => this.types.btf;

  /** Ring buffers there are. */
  get rings(): Iterable<RingStore> {
    return this.#rings;
  }

  /** What runs now. @throws {InvalidArgumentError} when nothing does. */
  get current(): Invocation {
    if (this.#current !== undefined) return this.#current;
    throw new InvalidArgumentError("no program is running");
  }

  /** Runs a program on its context: its r0. */
  run(invocation: Invocation): bigint {
    const { program, context } = invocation;
    return this.running(invocation, () => {
      const start = this.world.now;
      const result = this.machine.run(program.program, context);
      this.statistics.count(program, start);
      return result;
    });
  }

  /** Runs something of a program, which helpers ask for meanwhile. */
  running<T>(invocation: Invocation, run: () => T): T {
    const { program } = invocation;
    const [current, unreadable] = [this.#current, this.memory.unreadable];
    this.#current = invocation;
    this.memory.unreadable = followsPointers.has(program.attributes.progType) ? "zero" : "fault";
    program.hold();
    try {
      return run();
    } finally {
      this.#current = current;
      this.memory.unreadable = unreadable;
      program.drop();
    }
  }

  /** Name of what a program was loaded for in the kernel's BTF: `bpf_lsm_file_open`, `btf_trace_sched_switch`, a function. */
  attachName({ attributes: { attachBtfId } }: SimulatedProgram): string {
    return attachBtfId === undefined ? "" : this.types.btf.typeById(attachBtfId).name;
  }

  /** What runs for a control group: programs of groups below first, but for those that want to be early. */
  cgroupAttachments(type: string, id: bigint): readonly Attachment[] {
    const groups = this.files.cgroupAndAbove(id);
    const all = groups.map((group) => this.attachments.at(place.cgroup(type, group)));
    const early = all.toReversed().flatMap((list) => list.filter((it) => it.preorder === true));
    return [...early, ...all.flatMap((list) => list.filter((it) => it.preorder !== true))];
  }

  before(command: Command): number {
    const { error, latencyNs } = this.injections.next(command);
    if (latencyNs > 0n) this.timers.advance(latencyNs);
    return error;
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

  mapAt(address: bigint): SimulatedMap {
    const map = this.#byAddress.get(address);
    if (map !== undefined) return map;
    throw new InvalidArgumentError(
      `a program gave 0x${address.toString(16)} to a helper as a map, which it is not`,
    );
  }

  /** A value of interfaces: its number, and that of a program, which nothing has none of. */
  #acceptsInterface(mapType: MapType, [index = 0, program = 0]: readonly number[]): number {
    if (index !== 0) return this.interfaces.has(index) ? 0 : failed.invalid;
    // A program that is left out is 0 or -1.
    const hasProgram = (program | 0) > 0;
    return mapType === "devmap_hash" || hasProgram ? failed.invalid : 0;
  }

  /** A value of CPUs: the length of its queue, a program, and the CPU, which is the key. */
  #acceptsCpu([length = 0, , cpu = 0]: readonly number[]): number {
    if (length > longestQueue) return failed.overflow;
    return cpu < this.cpuCount ? 0 : failed.noDevice;
  }

  #inSlot(address: bigint, index: number): SimulatedProgram | undefined {
    const { store } = this.mapAt(address);
    const key = new Uint8Array(Uint32Array.of(index).buffer);
    const found = store instanceof ObjectStore ? store.get(key) : undefined;
    return found instanceof SimulatedProgram ? found : undefined;
  }
}
