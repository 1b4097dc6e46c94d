import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Bridge, Xsk } from "@ts-ebpf/native";
import { littleEndian } from "../../base/bytes.ts";
import {
  BusyError,
  NoSpaceError,
  NotSupportedError,
  PermissionError,
} from "../../kernel/errors.ts";
import type { XdpSocketRequest } from "../../kernel/xdp-socket.ts";
import { Caller } from "../call/caller.ts";
import { type ErrnoName, errno } from "../call/errno.ts";
import { type FakeBridge, fakeBridge, wordsIn } from "../testing-bridge.ts";
import { NativePacketMemory } from "./memory.ts";
import { NativeXdpSocket } from "./socket.ts";

const skip = littleEndian ? false : "the figures are of a little-endian machine";
const optionUmem = 4;
const optionOptions = 8;

/** What a pretended kernel does. */
interface Behaviour {
  readonly socket?: ErrnoName;
  readonly register?: ErrnoName;
  readonly bind?: ErrnoName;
  readonly zeroCopy?: boolean;
}

/** A bridge over a pretended kernel, with addresses that sockets were bound to, and how they were woken. */
function pretend(behaviour: Behaviour): {
  bridge: FakeBridge;
  bound: Record<number, number>[];
  woken: number[];
  registered: number[];
} {
  const bound: Record<number, number>[] = [];
  const woken: number[] = [];
  const registered: number[] = [];
  let descriptor = 50;
  const refused = (name: ErrnoName | undefined): number => (name === undefined ? 0 : -errno[name]);
  const bridge = fakeBridge(() => 0, {
    pageSize: () => 4096,
    map: (_fd: number, length: number) => new ArrayBuffer(length),
    unmap: () => 0,
    socket: () => refused(behaviour.socket) || descriptor++,
    setSocketOption: (fd: number, _level: number, name: number) => {
      if (name !== optionUmem) return 0;
      registered.push(fd);
      return refused(behaviour.register);
    },
    getSocketOption: (_fd: number, _level: number, name: number, value: Uint8Array) => {
      if (name === optionOptions && behaviour.zeroCopy === true) value[0] = 1;
      return value.length;
    },
    bind: (_fd: number, address: Uint8Array) => {
      bound.push(wordsIn(address));
      return refused(behaviour.bind);
    },
    xskOpen: () => ({}) as Xsk,
    xskClose: () => 0,
    xskWake: (_xsk: Xsk, _fd: number, always: number) => {
      woken.push(always);
      return 0;
    },
  } satisfies Partial<Bridge>);
  return { bridge, bound, woken, registered };
}

const rings = { fill: 8, receive: 8, send: 8, completion: 8 };

function open(
  bridge: Bridge,
  memory: NativePacketMemory,
  options: Partial<XdpSocketRequest> = {},
): NativeXdpSocket {
  const request = { memory, interfaceIndex: 3, interfaceName: "eth0", queue: 1, rings };
  return NativeXdpSocket.open(new Caller(bridge, [6, 1]), {
    ...request,
    mode: "auto",
    wakeUp: "when-needed",
    ...options,
  });
}

function memoryOf(bridge: Bridge): NativePacketMemory {
  return new NativePacketMemory(bridge, { frames: 4, frameBytes: 2048, headroomBytes: 0 });
}

describe("NativeXdpSocket", { skip }, () => {
  // Offsets of `struct sockaddr_xdp`: family and flags at 0, interface at 4, queue at 8, the other socket at 12.
  const check = (options: Partial<XdpSocketRequest>, flags: number): void => {
    const { bridge, bound } = pretend({ zeroCopy: options.mode === "zero-copy" });
    using _ = open(bridge, memoryOf(bridge), options);
    assert.deepEqual(bound, [{ 0: 44 | (flags << 16), 4: 3, 8: 1 }]);
  };

  it("lets the kernel choose the mode", () => check({}, 8));
  it("asks for copies", () => check({ mode: "copy" }, 2 | 8));
  it("asks for zero copy", () => check({ mode: "zero-copy" }, 4 | 8));
  it("is woken only when needed if that is wanted", () => check({ wakeUp: "always" }, 0));

  it("is tied to a socket that has the memory, as long as there is one", () => {
    const { bridge, bound, registered } = pretend({});
    const memory = memoryOf(bridge);
    const first = open(bridge, memory);
    using second = open(bridge, memory, { queue: 2 });
    assert.deepEqual(bound[1], { 0: 44 | (1 << 16), 4: 3, 8: 2, 12: 50 });
    first.close();
    open(bridge, memory, { queue: 3 }).close();
    assert.deepEqual(bound[2], { 0: 44 | (1 << 16), 4: 3, 8: 3, 12: 51 });
    second.close();
    open(bridge, memory).close();
    assert.deepEqual(registered, [50, 53]);
  });

  it("refuses another mode than that of the sockets it shares memory with", () => {
    const { bridge } = pretend({});
    const memory = memoryOf(bridge);
    using _ = open(bridge, memory);
    assert.throws(() => open(bridge, memory, { queue: 2, mode: "zero-copy" }), NotSupportedError);
    assert.equal(memory.users.size, 1);
    assert.deepEqual(bridge.closed, [51]);
  });

  const checkWaking = (
    behaviour: Behaviour,
    request: Partial<XdpSocketRequest>,
    always: number,
  ): void => {
    const { bridge, woken } = pretend(behaviour);
    using socket = open(bridge, memoryOf(bridge), request);
    socket.wake();
    assert.deepEqual(woken, [always]);
  };

  it("wakes the kernel for every copy that is to be sent", () => checkWaking({}, {}, 1));
  it("lets a driver sleep until it asks", () => checkWaking({ zeroCopy: true }, {}, 0));
  it("wakes a driver always when told to", () =>
    checkWaking({ zeroCopy: true }, { wakeUp: "always" }, 1));

  const checkRefusal = (
    behaviour: Behaviour,
    expected: abstract new (...given: never[]) => Error,
    message: RegExp,
  ): void => {
    const { bridge } = pretend(behaviour);
    const memory = memoryOf(bridge);
    assert.throws(
      () => open(bridge, memory),
      (error) => error instanceof expected && message.test(error.message),
    );
    assert.equal(memory.users.size, 0);
    assert.equal(bridge.closed.length, behaviour.socket === undefined ? 1 : 0);
  };

  it("says that privileges are missing", () =>
    checkRefusal(
      { socket: "EPERM" },
      PermissionError,
      /open the AF_XDP socket of queue 1 of eth0/,
    ));
  it("says that the kernel has no such sockets", () =>
    checkRefusal({ socket: "EAFNOSUPPORT" }, NotSupportedError, /AF_XDP sockets/));
  it("says that the memory is more than may be locked", () =>
    checkRefusal({ register: "ENOBUFS" }, NoSpaceError, /more memory than this process may lock/));
  it("says that the queue is taken", () =>
    checkRefusal({ bind: "EBUSY" }, BusyError, /another AF_XDP socket has queue 1 of eth0/));
});
