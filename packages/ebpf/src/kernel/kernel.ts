/**
 * The seam: everything above asks a {@link Kernel}, and does not know which one it is.
 *
 * There are two: the native kernel of folder `sys`, which makes system calls, and the simulated kernel
 * of folder `sim`, which plays the same part in TypeScript. The interface is made of commands (`bpf`), of
 * three kinds of prepared access for the hot paths (elements, memory, rings), and of the few things beside
 * bpf(2) that attaching needs.
 * @module
 */
import type { Command, CommandAttributes, CommandResult } from "./commands.ts";
import type {
  PerfRingAccess,
  PerfRingRequest,
  RecordMemory,
  TracePipe,
  TraceSource,
  UserRingAccess,
} from "./event-ring.ts";
import type { KernelVersion } from "./feature.ts";
import type { Handle } from "./handle.ts";
import type { Network } from "./network.ts";
import type { PerfEventRequest, ProbeRequest, TracefsProbe } from "./perf-event.ts";
import type { SocketAttachment, SocketProgram } from "./socket-program.ts";
import type {
  PacketMemory,
  PacketMemoryRequest,
  XdpSocketAccess,
  XdpSocketRequest,
} from "./xdp-socket.ts";

/** A kernel, real or simulated. */
export interface Kernel {
  readonly kind: "native" | "simulated";
  readonly version: KernelVersion;
  readonly cpus: CpuTopology;
  /** Bytes of a page of memory: 4096, or more on some machines with arm64. */
  readonly pageBytes: number;
  /** Machine's name as `uname -m` prints it: `x86_64`, `aarch64`… */
  readonly machine: string;

  /**
   * Runs one command of bpf(2). Names of commands and attributes are the uapi's in camel case.
   * @throws {SyscallError} one of its classes, when the kernel refuses.
   */
  bpf<C extends Command>(command: C, attributes: CommandAttributes<C>): CommandResult<C>;

  /** Prepares element operations on a map, so that each costs one system call and no allocation. */
  openElements(map: Handle, shape: ElementShape): ElementAccess;
  /** Maps the values of a `mmapable` array into this process. */
  openMemory(map: Handle, options: MemoryOptions): MappedMemory;
  /** Maps a ring buffer into this process for reading. */
  openRing(map: Handle, sizeBytes: number): RingAccess;
  /**
   * Opens a perf event that programs on one CPU can output to, and maps its ring.
   * @throws {NotFoundError} when the CPU is not online; {@link PermissionError} without CAP_PERFMON.
   */
  openPerfRing(request: PerfRingRequest): PerfRingAccess;
  /** Maps a user ring buffer into this process for writing. */
  openUserRing(map: Handle, sizeBytes: number): UserRingAccess;
  /**
   * Opens what `bpf_trace_printk` prints.
   * @throws {NotSupportedError} when tracefs is not mounted, or the kernel too old for an own buffer.
   */
  openTracePipe(source: TraceSource): TracePipe;
  /** Calls `onReadable` from the event loop whenever one of the handles has something to read. */
  watch(handles: readonly Handle[], onReadable: () => void): Watch;

  /** Opens a perf event on a tracepoint, to hang a program on. */
  openTracepointEvent(category: string, name: string): Handle;
  /**
   * Opens another perf event to hang a program on: samples of a CPU, or a probe. It is on from the start.
   * @throws {NotSupportedError} when the kernel has no such events.
   */
  openPerfEvent(request: PerfEventRequest): Handle;
  /**
   * Defines a probe in tracefs and opens an event on it: the way of kernels before 4.17, which know no other.
   * @throws {NotSupportedError} when tracefs is not mounted, or the kernel has no probes.
   */
  openTracefsProbe(request: ProbeRequest): TracefsProbe;
  /**
   * Names of the functions of the kernel that many probes at once can go to, in the order of their addresses. A name may be
   * there more than once. Needs tracefs.
   * @throws {NotSupportedError} when the kernel does not list them.
   */
  traceableFunctions(): readonly string[];
  /** Hangs a program on a perf event and switches the event on. */
  attachToPerfEvent(event: Handle, program: Handle): void;

  /**
   * Opens a file or folder to attach to: a cgroup, a network namespace (`/proc/self/ns/net`), the root of a bpffs.
   * @throws {NotFoundError} when nothing is there.
   */
  openPath(path: string): Handle;
  /**
   * A handle of the map, program or link behind a descriptor of this process, such as one that was inherited or received.
   * The descriptor stays the caller's.
   * @throws {InvalidArgumentError} when the descriptor is not of such an object.
   */
  openDescriptor(descriptor: number, kind: "map" | "program" | "link"): Handle;
  /**
   * Reads from an iterator or a file into `buffer`: bytes read, 0 at the end.
   * @throws {SyscallError} when the object cannot be read.
   */
  readInto(handle: Handle, buffer: Uint8Array): number;

  /**
   * The bytes of a file, such as a program that a probe goes to.
   * @throws {NotFoundError} when it is not there.
   */
  readFile(path: string): Uint8Array;

  /** BTF of the kernel (`vmlinux`) or of a module, as the kernel shows it. It is lent: writing to it ends the process. */
  readBtf(name: string): Uint8Array;
  /** Number of the interface in the current network namespace. */
  interfaceIndex(name: string): number;
  /** What programs hang on in the network beside links. */
  readonly network: Network;
  /**
   * Attaches a program to a socket.
   * @throws {InvalidArgumentError} when it is not a socket.
   */
  attachToSocket(request: SocketProgram): SocketAttachment;

  /** Memory for the packets of AF_XDP sockets. */
  openPacketMemory(request: PacketMemoryRequest): PacketMemory;
  /**
   * Opens an AF_XDP socket over such memory. Minimum kernel 5.4; privileges: CAP_NET_RAW.
   * @throws {NotFoundError} when there is no such queue; {@link BusyError} when it is taken.
   */
  openXdpSocket(request: XdpSocketRequest): XdpSocketAccess;
}

/** CPUs of the machine, by number. Per-CPU maps hold one value for each possible one. */
export interface CpuTopology {
  readonly possible: readonly number[];
  readonly online: readonly number[];
}

/** What an {@link ElementAccess} moves: sizes in bytes. */
export interface ElementShape {
  /** Name of the map, for messages. */
  readonly name: string;
  /** 0 for maps without keys. */
  readonly keySize: number;
  /** Size of all that one lookup fills: for per-CPU maps one slot, rounded up to 8, per possible CPU. */
  readonly valueSize: number;
}

/** When an update may happen. The `-locked` modes take the value's spin lock (map needs BTF). */
export type UpdateMode =
  | "any"
  | "noexist"
  | "exist"
  | "any-locked"
  | "noexist-locked"
  | "exist-locked";

/** Whether a lookup takes the value's spin lock. */
export type LookupMode = "plain" | "locked";

/**
 * Element operations on one map, over memory that is shared with the kernel: write the key (and the value)
 * into the views, call, read the value from its view. The views stay the same and are overwritten by the next call.
 */
export interface ElementAccess {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** Fills `value` from the element at `key`; false when there is none. */
  lookup(mode: LookupMode): boolean;
  /**
   * Stores `value` at `key`.
   * @throws {ExistsError} with `noexist` when the element is there, {@link NotFoundError} with `exist` when it is not,
   * {@link NoSpaceError} when the map is full.
   */
  update(mode: UpdateMode): void;
  /** Removes the element at `key`; false when there was none. */
  delete(): boolean;
  /** Fills `value` and removes the element in one step; false when there was none. */
  lookupAndDelete(mode: LookupMode): boolean;
  /** Replaces `key` by the one after it; false at the end. A key that is gone restarts at the first one. */
  nextKey(): boolean;
  /** Puts the first key into `key`; false when the map is empty. */
  firstKey(): boolean;
}

/** How to map memory. */
export interface MemoryOptions {
  readonly sizeBytes: number;
  readonly access: "read" | "read-write";
  /** Finds out at which address the memory lies ({@link MappedMemory.address}). Left out, nobody asks. */
  readonly located?: true;
}

/** Memory of a map, mapped into this process. After `close` the view is empty. */
export interface MappedMemory extends Disposable {
  readonly bytes: Uint8Array;
  /** Address of the first byte in this process, as programs may store it; 0 where nobody asked. */
  readonly address: bigint;
  /** Tells that bytes of an arena are used. Only there for kernels that do not see it: a machine does. */
  touch?(offset: number, length: number): void;
  close(): void;
}

/** Reading end of one ring buffer. */
export interface RingAccess extends RecordMemory {
  /** Bytes written and not yet read, records in the making included. */
  pendingBytes(): number;
  close(): void;
}

/** A running {@link Kernel.watch}. */
export interface Watch extends Disposable {
  /** Lets the process end although this is watched (`unref`), or not (`ref`, how it starts). */
  ref(): void;
  unref(): void;
  close(): void;
}
