/**
 * A kernel in TypeScript: maps, programs, rings and test runs in any process, without privileges.
 *
 * It answers as the native kernel does, errno included, and takes nothing from the machine: version, CPUs, clock, process
 * and random numbers are what its options say. Programs are attached to what a test then makes happen with `fire`. What it
 * does not simulate it refuses by name.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import type { Command, CommandAttributes, CommandResult } from "../kernel/commands.ts";
import { NotFoundError, NotSupportedError } from "../kernel/errors.ts";
import type {
  PerfRingAccess,
  PerfRingRequest,
  TracePipe,
  UserRingAccess,
} from "../kernel/event-ring.ts";
import type { KernelVersion } from "../kernel/feature.ts";
import type { Handle, HasHandle } from "../kernel/handle.ts";
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
import type { Network } from "../kernel/network.ts";
import type { PerfEventRequest, ProbeRequest, TracefsProbe } from "../kernel/perf-event.ts";
import type {
  PacketMemory,
  PacketMemoryRequest,
  XdpSocketAccess,
  XdpSocketRequest,
} from "../kernel/xdp-socket.ts";
import type { SocketAttachment, SocketProgram } from "../kernel/socket-program.ts";
import { SimulatedElements, SimulatedMemory, SimulatedRing, SimulatedWatch } from "./access.ts";
import { SimulatedEvent } from "./attach/event.ts";
import { SimulatedIterator } from "./attach/iterator.ts";
import { place } from "./attach/place.ts";
import { type ProgramFile, programFile } from "./attach/program-file.ts";
import type { SettingValue } from "./attach/kernel-files.ts";
import { SimulatedNetwork } from "./attach/simulated-network.ts";
import { SimulatedSocket } from "./attach/simulated-socket.ts";
import { openXdpSocket, SimulatedPacketMemory } from "./attach/simulated-xdp-socket.ts";
import { handlers } from "./command/commands.ts";
import type { Checking } from "./command/verify.ts";
import { Core } from "./core.ts";
import { record, type Recording, type RecordOptions } from "./debug/recording.ts";
import { failed } from "./errno.ts";
import { Fire } from "./fire/fire.ts";
import { type GivenContext, type GivenRun, runGiven } from "./fire/run-given.ts";
import { declaredKfunc, type KfuncResult } from "./helper/declared-kfunc.ts";
import type { RemoteEvent } from "./helper/remote-control.ts";
import type { InodeHash } from "./helper/security.ts";
import type { Acknowledgement } from "./helper/socket.ts";
import type { EventLoss, Injection } from "./injection.ts";
import { RingStore } from "./map/ring-store.ts";
import { SimulatedMap } from "./map/simulated-map.ts";
import { UserRingStore } from "./map/user-ring-store.ts";
import { objectOf, SimulatedHandle, SimulatedObject } from "./object.ts";
import { SimulatedPerfRing } from "./perf-ring.ts";
import { SimulatedPipe } from "./printed.ts";
import { type PacketHandler, runPacketStream } from "./run/packet-stream.ts";
import { SimulatedProgram } from "./program.ts";
import type { GivenObject } from "./typed/given.ts";
import { TypedWriter } from "./typed/typed-writer.ts";
import { SimulatedUserRing } from "./user-ring.ts";
import type { Engine, Step } from "./vm/machine.ts";
import type { World } from "./world.ts";

/** What a simulated kernel is like. */
export interface SimulatedKernelOptions {
  /** 6.18 when left out. */
  readonly version?: KernelVersion;
  /** Number of CPUs, 2 when left out. */
  readonly cpus?: number;
  /** Start of the random numbers, 1 when left out. */
  readonly seed?: number;
  /**
   * BTF of the kernel that it stands for, for programs that look into structs. Left out, it has the types that the library
   * declares: contexts, headers of packets, common structs, tracepoints and hooks.
   */
  readonly btf?: Uint8Array;
  /** Files for probes to go to, beside those that are added: their bytes, or `undefined` where there is none. */
  readonly files?: (path: string) => Uint8Array | undefined;
  /** How instructions are executed, `compile` when left out. */
  readonly engine?: Engine;
  /**
   * Whether programs are checked before they are loaded, as the verifier does. `lenient` when left out: programs about
   * which the checker cannot decide are taken. `strict` refuses those, `off` takes all programs.
   */
  readonly checking?: Checking;
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
  /** Makes happen what programs are attached to. */
  readonly fire: Fire;
  readonly network: Network;
  readonly #core: Core;

  constructor({
    version = [6, 18, 0],
    cpus = 2,
    seed = 1,
    btf,
    files,
    engine = "compile",
    checking = "lenient",
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
      counters: {},
      printed: [],
    };
    const { world } = this;
    const parts = { world, seed, engine, checking, btf, files };
    this.#core = new Core({ version, cpuCount: cpus, pageBytes, ...parts });
    this.fire = new Fire(this.#core);
    this.network = new SimulatedNetwork(this.#core);
  }

  /** Lets time pass on the clock of the world, and runs the timers that are due meanwhile. */
  advance(nanoseconds: bigint): void {
    this.#core.timers.advance(nanoseconds);
  }

  /** Places text with a zero byte, or a copy of bytes, where programs can read it: its address. It stays. */
  place(content: string | Uint8Array): bigint {
    return this.#core.placement.place(content);
  }

  /**
   * Places an object of the kernel, by its type in BTF: its address. It stays, and another call makes another one.
   * @throws {InvalidArgumentError} when there is no such struct, or it has no such member.
   */
  object(type: string, members: GivenObject = {}): bigint {
    const { types, placement } = this.#core;
    return new TypedWriter(types.btf, placement).object(type, { ...members });
  }

  /** The bytes at an address, to be read and changed. @throws {InvalidArgumentError} when they are not all there. */
  bytes(address: bigint, length: number): Uint8Array {
    return this.#core.placement.bytesAt(address, length);
  }

  /** Adds a network interface, with one queue unless told otherwise: its number. There is `lo`. */
  addInterface(name: string, { queues = 1 }: { readonly queues?: number } = {}): number {
    return this.#core.interfaces.add(name, queues);
  }

  /**
   * Frames that AF_XDP sockets have sent through an interface since the last call. No program sees them, as in the kernel.
   * @throws {NotFoundError} when there is no such interface.
   */
  takeSent(name: string): readonly Uint8Array[] {
    return this.#core.interfaces.takeSent(this.interfaceIndex(name));
  }

  /** Adds a control group under `/sys/fs/cgroup`, which is there: its number. */
  addCgroup(path: string, { id }: { readonly id?: bigint } = {}): bigint {
    return this.#core.files.addCgroup(path, id);
  }

  /** Declares a function of the kernel that its types do not have, so that programs can be attached to it. */
  addFunction(name: string): void {
    this.#core.names.addFunction(name);
  }

  /**
   * Declares a tracepoint that the kernel's types do not have: `category/name`, or only the name where just raw programs
   * are attached to it.
   */
  addTracepoint(name: string): void {
    this.#core.names.addTracepoint(name);
  }

  /**
   * Says what a function of the kernel gives to programs that call it: one that is not simulated, or in place of what it
   * would do. `result` fits its type: a number, an address, what a pointer leads to (members of a struct, text, bytes), or
   * a function that makes such a value of the arguments. Memory at them `bytes` reads and changes.
   * @throws {InvalidArgumentError} when the kernel's types have no such function, or it cannot give that.
   */
  addKfunc(name: string, result: KfuncResult = 0): void {
    this.#core.kfuncs.set(name, declaredKfunc(this.#core, name, result));
  }

  /**
   * Says what a setting that the kernel was built with is, for variables of programs that stand for one: a number, on or
   * off, `"m"`, or a text. Once one is added, there are those that were added, and no others.
   * @throws {InvalidArgumentError} when its name does not begin with `CONFIG_`, or it cannot have such a value.
   */
  addSetting(name: string, value: SettingValue): void {
    this.#core.kernelFiles.addSetting(name, value);
  }

  /** Adds a file, such as a program that probes go to. */
  addFile(path: string, content: Uint8Array): void {
    this.#core.files.add(path, content);
  }

  /**
   * Adds a program with these functions and USDT probes.
   * @throws {InvalidArgumentError} when a probe has more arguments than there can be.
   */
  addProgramFile(path: string, file: ProgramFile): void {
    this.#core.files.add(path, programFile(file));
  }

  /**
   * Adds a socket, with fields of `struct bpf_sock`, and of `struct bpf_tcp_sock` where its protocol is TCP; the caller
   * closes it.
   */
  addSocket(fields: GivenObject = {}, { tcp = {} }: { readonly tcp?: GivenObject } = {}): Handle {
    return this.#core.sockets.add(new SimulatedSocket(this.#core, fields, tcp)).handle;
  }

  /** Address by which programs know a socket, for fields of contexts such as `sk`. */
  addressOf(socket: Handle): bigint {
    return objectOf(socket, SimulatedSocket).address;
  }

  /** Says what iterators of a kind such as `task` walk over: members of `bpf_iter__task` for each object. */
  iterate(kind: string, objects: readonly GivenObject[]): void {
    this.#core.iterated.set(kind, objects);
  }

  /** Says what `bpf_ima_inode_hash` and `bpf_ima_file_hash` find for an inode; without it they find nothing. */
  addInodeHash(inode: bigint, { algorithm, digest }: InodeHash): void {
    this.#core.inodeHashes.set(inode, { algorithm, digest: digest.slice() });
  }

  /** Address of a symbol of the kernel: the same for the same name. Files that are sockets have `f_op` "socket_file_ops". */
  symbolAddress(name: string): bigint {
    return this.#core.symbols.addressOf(name);
  }

  /** What programs found in pulses of remote controls, the newest last. */
  get remoteEvents(): readonly RemoteEvent[] {
    return this.#core.remoteEvents;
  }

  /** Acknowledgements of TCP that programs have sent, the newest last. */
  get acknowledged(): readonly Acknowledgement[] {
    return this.#core.acknowledged;
  }

  /** Signals that programs have sent, the newest last. */
  get signals(): readonly number[] {
    return this.#core.signals;
  }

  /**
   * Runs a loaded program that need not be attached, on a context of typed values.
   * @throws {InvalidArgumentError} when its type wants something else.
   */
  run({ handle }: HasHandle, given: GivenContext = {}): GivenRun {
    return runGiven(this.#core, objectOf(handle, SimulatedProgram), given);
  }

  /**
   * Runs a loaded program on each of many packets, and tells `handle` what it returned (unsigned, 32 bits) and how it
   * left the packet, which is borrowed until the next one.
   * @throws {InvalidArgumentError} when programs of its type get no packets.
   */
  runPackets(
    { handle: of }: HasHandle,
    packets: Iterable<Uint8Array>,
    handle: PacketHandler,
  ): void {
    runPacketStream(this.#core, objectOf(of, SimulatedProgram), { packets, handle });
  }

  /**
   * Makes calls fail or take time, or events get lost, on purpose; disposing ends that.
   * @throws {InvalidArgumentError} when there is no such command, buffer or error, or a number is none that can be meant.
   */
  inject(injection: Injection | EventLoss): Disposable {
    return this.#core.injections.add(injection);
  }

  /**
   * Runs `run`, and keeps what each instruction of the programs does that it runs: to step through with {@link Stepper},
   * or to print with {@link formatTrace}. What it throws is kept too.
   */
  record<T>(run: () => T, options: RecordOptions = {}): Recording<T> {
    return record(this.#core.machine, run, options);
  }

  /** What `run` gives; meanwhile `trace` is called before each instruction of the programs that run. */
  traced<T>(trace: (step: Step) => void, run: () => T): T {
    return this.#core.machine.traced(trace, run);
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
    if (name === "vmlinux") return this.#core.types.bytes;
    throw new NotSupportedError(`BTF of ${name}`, {
      hint: "the simulated kernel has no modules",
    });
  }

  openPerfRing(request: PerfRingRequest): PerfRingAccess {
    const isOnline = this.cpus.online.includes(request.cpu);
    this.#check(isOnline ? 0 : failed.noDevice, `open a perf event on CPU ${request.cpu}`);
    return new SimulatedPerfRing(request, pageBytes);
  }

  openUserRing(map: Handle, sizeBytes: number): UserRingAccess {
    const object = objectOf(map, SimulatedMap);
    if (object.store instanceof UserRingStore && object.store.sizeBytes === sizeBytes)
      return new SimulatedUserRing(object, object.store);
    throw new InvalidArgumentError(
      `${object.label} is not a user ring buffer of ${sizeBytes} bytes`,
    );
  }

  openTracePipe(): TracePipe {
    return this.#core.printed.open();
  }

  openTracepointEvent(category: string, name: string): Handle {
    this.#core.names.assertTracepoint(category, name);
    return new SimulatedHandle(new SimulatedEvent({ kind: "tracepoint", category, name }));
  }

  openPerfEvent(request: PerfEventRequest): Handle {
    this.#core.names.assertPlace(request);
    return new SimulatedHandle(new SimulatedEvent(request));
  }

  openTracefsProbe(request: ProbeRequest): TracefsProbe {
    this.#core.names.assertPlace(request);
    const event = new SimulatedHandle(new SimulatedEvent(request));
    return { event, definition: { [Symbol.dispose]: () => undefined } };
  }

  /** Functions that the kernel's BTF knows, and those that were declared. */
  traceableFunctions(): readonly string[] {
    return this.#core.names.functions();
  }

  attachToPerfEvent(event: Handle, program: Handle): void {
    const source = objectOf(event, SimulatedEvent);
    const attachment = { program: objectOf(program, SimulatedProgram), cookie: 0n, linkId: 0 };
    const attached = this.#core.attachments.add(source.place, { ...attachment, pid: source.pid });
    source.atEnd(() => attached[Symbol.dispose]());
  }

  openPath(path: string): Handle {
    const found = this.#core.files.open(path);
    this.#check(found === undefined ? failed.noEntry : 0, `open ${path}`);
    return new SimulatedHandle(found!);
  }

  openDescriptor(): never {
    return this.#missing("descriptors");
  }

  readInto(handle: Handle, buffer: Uint8Array): number {
    const object = objectOf(handle, SimulatedObject);
    if (object instanceof SimulatedIterator || object instanceof SimulatedPipe)
      return object.readInto(buffer);
    throw this.#core.error("iterCreate", failed.invalid, { text: `read ${object.label}` });
  }

  readFile(path: string): Uint8Array {
    const found = this.#core.files.read(path);
    this.#check(found === undefined ? failed.noEntry : 0, `read ${path}`);
    return found!;
  }

  interfaceIndex(name: string): number {
    const { interfaces } = this.#core;
    const index = interfaces.indexOf(name);
    if (index !== undefined) return index;
    const hint =
      didYouMean(name, interfaces.names()) ??
      'add it with addInterface, or in the file of "ts-ebpf run --world"';
    throw new NotFoundError({
      operation: `find interface "${name}"`,
      reason: "there is no such interface",
      errno: -failed.noDevice,
      errnoName: "ENODEV",
      hint,
    });
  }

  attachToSocket({ socket, program, role }: SocketProgram): SocketAttachment {
    if (typeof socket === "number") {
      throw new InvalidArgumentError("the simulated kernel has no descriptors", {
        hint: "give the handle that addSocket returned",
      });
    }
    const { id } = objectOf(socket, SimulatedSocket);
    const { attachments } = this.#core;
    const at = place.socket(role, id);
    for (const old of attachments.at(at)) attachments.remove(at, old);
    const attachment = { program: objectOf(program, SimulatedProgram), cookie: 0n, linkId: 0 };
    const attached = attachments.add(at, attachment);
    return {
      replace: (next) => attachments.replace(attachment, objectOf(next, SimulatedProgram)),
      [Symbol.dispose]: () => attached[Symbol.dispose](),
    };
  }

  openPacketMemory(request: PacketMemoryRequest): PacketMemory {
    return new SimulatedPacketMemory(request, pageBytes);
  }

  openXdpSocket(request: XdpSocketRequest): XdpSocketAccess {
    return openXdpSocket(this.#core, request);
  }

  /** @throws {SyscallError} when `result` is a negated errno. */
  #check(result: number, text: string): void {
    if (result < 0) throw this.#core.error("objGet", result, { text });
  }

  #missing(feature: string): never {
    throw new NotSupportedError(feature, { hint: "the simulated kernel does not have it" });
  }
}
