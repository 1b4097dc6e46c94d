/**
 * What is asked of the kernel to make an AF_XDP socket (include/uapi/linux/if_xdp.h, net/xdp/xsk.c).
 *
 * In this order: the socket, its memory unless it shares that of another, four rings, and the queue it is bound to.
 * @module
 */
import type { XdpSocketRequest, XdpSocketRings } from "../../kernel/xdp-socket.ts";
import type { Caller } from "../call/caller.ts";
import type { Meanings } from "../call/failure.ts";
import { KernelRecord } from "../call/record.ts";
import { Fd } from "../fd.ts";
import { xdpAddress, xdpUmem } from "../generated/attributes.ts";
import type { NativePacketMemory } from "./memory.ts";

const familyXdp = 44; // AF_XDP of include/linux/socket.h
const socketRaw = 3;

/** SOL_XDP of include/linux/socket.h. */
export const levelXdp = 283;

/** Options of the socket, XDP_ in front. */
export const optionNames = { umemReg: 4, statistics: 7, options: 8 } as const;

/** Options that make the rings, in the order in which the bridge numbers them. */
export const ringOptions: readonly (readonly [keyof XdpSocketRings, option: number])[] = [
  ["fill", 5],
  ["completion", 6],
  ["receive", 2],
  ["send", 3],
];

/** Flags of `struct sockaddr_xdp`, XDP_ in front. */
const bindFlags = { sharedUmem: 1, copy: 2, zeroCopy: 4, useNeedWakeup: 8 } as const;
const modeFlags = { auto: 0, copy: bindFlags.copy, "zero-copy": bindFlags.zeroCopy } as const;

/** A socket in the making. */
export interface NewSocket {
  readonly socket: Fd;
  readonly memory: NativePacketMemory;
  readonly request: XdpSocketRequest;
}

/** Opens a socket that is nowhere yet. */
export function openSocket(caller: Caller, { interfaceName, queue }: XdpSocketRequest): Fd {
  const label = `the AF_XDP socket of queue ${queue} of ${interfaceName}`;
  const feature = "AF_XDP sockets";
  const number = caller.check(caller.bridge.socket(familyXdp, socketRaw, 0), {
    text: `open ${label}`,
    needs: ["CAP_NET_RAW"],
    meanings: { EAFNOSUPPORT: { feature, hint: "its build needs CONFIG_XDP_SOCKETS" } },
  });
  return new Fd(caller.bridge, number, { kind: "socket", label });
}

/** Gives the socket its memory, unless it is to share it, and its rings. */
export function setUp(caller: Caller, { socket, memory, request }: NewSocket): void {
  if (memory.users.size === 0) register(caller, socket, memory);
  for (const [name, option] of ringOptions) {
    const value = new Uint8Array(Uint32Array.of(request.rings[name]).buffer);
    caller.check(caller.bridge.setSocketOption(socket.raw, levelXdp, option, value), {
      text: `make the ${name} ring of ${socket.label}`,
      meanings: { EINVAL: { reason: `${request.rings[name]} entries are no power of two` } },
    });
  }
}

function register(caller: Caller, socket: Fd, memory: NativePacketMemory): void {
  const record = new KernelRecord(xdpUmem)
    .point(xdpUmem.addr, memory.bytes)
    .set(xdpUmem.len, memory.bytes.length)
    .set(xdpUmem.chunkSize, memory.frameBytes)
    .set(xdpUmem.headroom, memory.headroomBytes);
  const { bridge } = caller;
  const { bytes, pointers } = record;
  caller.check(bridge.setSocketOption(socket.raw, levelXdp, optionNames.umemReg, bytes, pointers), {
    text: `register ${memory.frames} frames of ${memory.frameBytes} bytes with ${socket.label}`,
    meanings: {
      ENOBUFS: {
        kind: "no-space",
        reason: "it is more memory than this process may lock",
        hint: "raise the limit (ulimit -l), give it CAP_IPC_LOCK, or use fewer frames",
      },
      EINVAL: { reason: "the kernel does not take frames of this size with this headroom" },
    },
  });
}

/** Binds the socket to its queue. With memory that others have it is tied to one of those, whose mode it gets. */
export function bindSocket(caller: Caller, { socket, memory, request }: NewSocket): void {
  const [other] = memory.users;
  const wakeUp = request.wakeUp === "when-needed" ? bindFlags.useNeedWakeup : 0;
  const address = new KernelRecord(xdpAddress)
    .set(xdpAddress.sxdpFamily, familyXdp)
    .set(xdpAddress.sxdpFlags, other ? bindFlags.sharedUmem : modeFlags[request.mode] | wakeUp)
    .set(xdpAddress.sxdpIfindex, request.interfaceIndex)
    .set(xdpAddress.sxdpQueueId, request.queue)
    .set(xdpAddress.sxdpSharedUmemFd, other?.socket.raw);
  caller.check(caller.bridge.bind(socket.raw, address.bytes), {
    text: `bind ${socket.label}`,
    needs: ["CAP_NET_RAW"],
    requires: other ? [{ feature: "memory shared between queues", since: [5, 10] }] : [],
    meanings: bindMeanings(request),
  });
}

function bindMeanings({ interfaceName, queue }: XdpSocketRequest): Meanings {
  const driver = `zero copy between AF_XDP sockets and the driver of ${interfaceName}`;
  return {
    EINVAL: {
      kind: "not-found",
      reason: `${interfaceName} has no queue ${queue}`,
      hint: "queues count from 0; ethtool -l tells how many there are",
    },
    ENODEV: { reason: `${interfaceName} is not there, or on its way out` },
    EBUSY: { reason: `another AF_XDP socket has queue ${queue} of ${interfaceName}` },
    EOPNOTSUPP: { feature: driver, hint: 'mode "auto" copies where that is missing' },
  };
}
