/**
 * The running kernel.
 *
 * Everything here only puts the parts of this folder together: commands, prepared access, and what attaching needs
 * beside bpf(2). It holds no state but what the machine is like, so one is as good as another.
 * @module
 */
import { constants, readFileSync, readSync } from "node:fs";
import { machine } from "node:os";
import { type Bridge, BridgeError, loadBridge } from "@ts-ebpf/native";
import { assertText } from "../base/arguments.ts";
import { NotSupportedError } from "../kernel/errors.ts";
import type { Command, CommandAttributes, CommandResult } from "../kernel/commands.ts";
import { isAtLeast, type KernelVersion } from "../kernel/feature.ts";
import type {
  PerfRingAccess,
  PerfRingRequest,
  TracePipe,
  TraceSource,
  UserRingAccess,
} from "../kernel/event-ring.ts";
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
import type { Network } from "../kernel/network.ts";
import type { SocketAttachment, SocketProgram } from "../kernel/socket-program.ts";
import type { PerfEventRequest, ProbeRequest, TracefsProbe } from "../kernel/perf-event.ts";
import type {
  PacketMemory,
  PacketMemoryRequest,
  XdpSocketAccess,
  XdpSocketRequest,
} from "../kernel/xdp-socket.ts";
import { readBtfFile } from "./btf-file.ts";
import { Caller } from "./call/caller.ts";
import { handlers } from "./commands/commands.ts";
import type { Handlers } from "./commands/handlers.ts";
import { openDescriptor } from "./commands/pin.ts";
import { NativeElements } from "./access/elements.ts";
import { fromSystem, type Operation } from "./call/failure.ts";
import { fdOf, openFile, rawOf } from "./fd.ts";
import { architectureNamed } from "./machine/architecture.ts";
import { readCpus } from "./machine/cpus.ts";
import { readVersion } from "./machine/version.ts";
import { NativeMemory } from "./access/memory.ts";
import { raiseMemoryLimit } from "./access/memory-limit.ts";
import { interfaceIndex, listInterfaces, type NetworkInterface } from "./netlink/interfaces.ts";
import { nativeNetwork } from "./netlink/network.ts";
import { attachToSocket } from "./socket/attach.ts";
import { attachToPerfEvent, openTracepointEvent } from "./tracepoint/perf-event.ts";
import { openTracePipe } from "./tracepoint/trace-pipe.ts";
import { openTracefsProbe } from "./tracepoint/tracefs-probe.ts";
import { traceableFunctions } from "./tracepoint/tracefs.ts";
import { openPerfEvent } from "./perf/open.ts";
import { NativePerfRing } from "./access/perf-ring.ts";
import { NativeRing } from "./access/ring.ts";
import { NativeUserRing } from "./access/user-ring.ts";
import { NativeWatch } from "./access/watch.ts";
import { NativePacketMemory } from "./xdp-socket/memory.ts";
import { NativeXdpSocket } from "./xdp-socket/socket.ts";

let opened: NativeKernel | undefined;

/**
 * The running kernel. No privileges are needed to open it, only for what is then asked of it; it need not be
 * closed, and all calls return the same. Before kernel 5.11, where maps count as locked memory, the limit of this
 * process is raised.
 * @throws {NotSupportedError} where the native bridge does not run: not on Linux, or on an unknown machine.
 */
export function openNativeKernel(): NativeKernel {
  opened ??= new NativeKernel(bridgeOrExplain());
  return opened;
}

function bridgeOrExplain(): Bridge {
  try {
    return loadBridge();
  } catch (cause) {
    if (!(cause instanceof BridgeError)) throw cause;
    const { message, hint } = cause;
    throw new NotSupportedError(`eBPF from here: ${message}`, { cause, hint });
  }
}

/** {@link Kernel} by system calls. */
export class NativeKernel implements Kernel {
  readonly kind = "native";
  readonly version: KernelVersion;
  readonly cpus: CpuTopology;
  readonly pageBytes: number;
  readonly machine: string;
  readonly network: Network;
  readonly #bridge: Bridge;
  readonly #caller: Caller;

  constructor(bridge: Bridge) {
    this.version = readVersion();
    this.cpus = readCpus();
    this.pageBytes = bridge.pageSize();
    this.machine = machine();
    this.#bridge = bridge;
    this.#caller = new Caller(bridge, this.version);
    this.network = nativeNetwork(this.#caller);
    if (!isAtLeast(this.version, [5, 11])) raiseMemoryLimit(bridge);
  }

  bpf<C extends Command>(command: C, attributes: CommandAttributes<C>): CommandResult<C> {
    const handler: Handlers[C] = handlers[command];
    return handler(this.#caller, attributes);
  }

  openElements(map: Handle, shape: ElementShape): ElementAccess {
    return new NativeElements(this.#caller, fdOf(map, "map"), shape);
  }

  openMemory(map: Handle, options: MemoryOptions): MappedMemory {
    return new NativeMemory(this.#bridge, fdOf(map, "map"), options);
  }

  openRing(map: Handle, sizeBytes: number): RingAccess {
    return new NativeRing(this.#bridge, fdOf(map, "map"), sizeBytes);
  }

  openPerfRing(request: PerfRingRequest): PerfRingAccess {
    return new NativePerfRing(this.#caller, architectureNamed(this.machine), request);
  }

  openUserRing(map: Handle, sizeBytes: number): UserRingAccess {
    return new NativeUserRing(this.#bridge, fdOf(map, "map"), sizeBytes);
  }

  openTracePipe(source: TraceSource): TracePipe {
    return openTracePipe(this.#bridge, source);
  }

  watch(handles: readonly Handle[], onReadable: () => void): Watch {
    return new NativeWatch(this.#bridge, handles, onReadable);
  }

  openTracepointEvent(category: string, name: string): Handle {
    return openTracepointEvent(this.#caller, { category, name });
  }

  openPerfEvent(request: PerfEventRequest): Handle {
    return openPerfEvent(this.#caller, request);
  }

  openTracefsProbe(request: ProbeRequest): TracefsProbe {
    return openTracefsProbe(this.#caller, request);
  }

  traceableFunctions(): readonly string[] {
    return traceableFunctions();
  }

  attachToPerfEvent(event: Handle, program: Handle): void {
    attachToPerfEvent(this.#caller, architectureNamed(this.machine), { event, program });
  }

  openPath(path: string): Handle {
    assertText(path, "the path to open");
    const operation = { text: `open ${path}` };
    return openFile(this.#bridge, path, { flags: constants.O_RDONLY, operation });
  }

  openDescriptor(descriptor: number, kind: "map" | "program" | "link"): Handle {
    return openDescriptor(this.#caller, descriptor, kind);
  }

  readInto(handle: Handle, buffer: Uint8Array): number {
    const fd = fdOf(handle);
    const operation: Operation = {
      text: `read ${fd.label}`,
      meanings: { EINVAL: { reason: "it cannot be read" } },
    };
    return fromSystem(operation, () => readSync(rawOf(fd), buffer));
  }

  readFile(path: string): Uint8Array {
    assertText(path, "the path to read");
    return fromSystem({ text: `read ${path}` }, () => readFileSync(path));
  }

  readBtf(name: string): Uint8Array {
    return readBtfFile(name, this.#bridge);
  }

  interfaceIndex(name: string): number {
    return interfaceIndex(this.#caller, name);
  }

  openPacketMemory(request: PacketMemoryRequest): PacketMemory {
    return new NativePacketMemory(this.#bridge, request);
  }

  openXdpSocket(request: XdpSocketRequest): XdpSocketAccess {
    return NativeXdpSocket.open(this.#caller, request);
  }

  attachToSocket(request: SocketProgram): SocketAttachment {
    return attachToSocket(this.#caller, request);
  }

  /** Every network interface in the current network namespace. */
  interfaces(): readonly NetworkInterface[] {
    return listInterfaces(this.#caller);
  }
}
