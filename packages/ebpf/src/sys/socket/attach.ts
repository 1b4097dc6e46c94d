/**
 * Programs that are part of a socket: filters, and choice among the sockets of one port.
 *
 * A second descriptor would keep the socket open after its owner has closed it. So the number is kept together with the
 * socket's cookie, which no other socket ever has (net/core/sock_diag.c): when the number means something else by then,
 * the socket is gone, and its program with it.
 * @module
 */
import { assertWhole } from "../../base/arguments.ts";
import { littleEndian, viewOf } from "../../base/bytes.ts";
import { ClosedError, InvalidArgumentError } from "../../base/errors.ts";
import type { Handle } from "../../kernel/handle.ts";
import type { SocketAttachment, SocketProgram } from "../../kernel/socket-program.ts";
import type { KernelVersion } from "../../kernel/feature.ts";
import { type Caller, isErrno } from "../call/caller.ts";
import type { Operation } from "../call/failure.ts";
import { type Fd, fdOf, rawOf } from "../fd.ts";

// include/uapi/asm-generic/socket.h: the same on every machine but alpha, mips, parisc and sparc.
const levelSocket = 1;
const socketCookie = 57;

interface Role {
  readonly attach: number;
  readonly detach: number;
  readonly since: KernelVersion;
  readonly detachSince: KernelVersion;
  readonly hint: string;
}

const roles: { readonly [R in SocketProgram["role"]]: Role } = {
  filter: {
    attach: 50,
    detach: 27,
    since: [3, 19],
    detachSince: [3, 19],
    hint: "the program must be one of type socket_filter",
  },
  reuseport: {
    attach: 52,
    detach: 68,
    since: [4, 19],
    detachSince: [5, 3],
    hint: "the program must be one of type sk_reuseport or socket_filter, and the socket have SO_REUSEPORT",
  },
};

/** Attaches; a program of the same role that is there gives up its place. */
export function attachToSocket(caller: Caller, request: SocketProgram): SocketAttachment {
  const { socket, program, role } = request;
  const number = typeof socket === "number" ? socket : undefined;
  const handle = typeof socket === "number" ? undefined : fdOf(socket);
  const descriptor = (): number => number ?? (handle as Fd).raw;
  if (number !== undefined)
    assertWhole(number, "the descriptor of a socket", { most: 2 ** 31 - 1 });
  const cookie = cookieOf(caller, descriptor());
  if (cookie === undefined) {
    throw new InvalidArgumentError(`descriptor ${descriptor()} is not an open socket`, {
      hint: "give the descriptor of a socket of this process, or a handle of one",
    });
  }
  const isSame = (): boolean =>
    handle?.closed !== true && cookieOf(caller, descriptor()) === cookie;
  setProgram(caller, descriptor(), { program, role });
  return {
    replace: (next) => {
      if (!isSame()) throw new ClosedError("the socket");
      setProgram(caller, descriptor(), { program: next, role });
    },
    [Symbol.dispose]: () => {
      if (isSame()) removeProgram(caller, descriptor(), role);
    },
  };
}

function setProgram(
  caller: Caller,
  socket: number,
  { program, role }: { readonly program: Handle; readonly role: SocketProgram["role"] },
): void {
  const { attach, since, hint } = roles[role];
  const value = new Uint8Array(Uint32Array.of(rawOf(program, "program")).buffer);
  const operation: Operation = {
    text: `attach ${fdOf(program).label} to socket ${socket} (${role})`,
    requires: [{ feature: `programs at sockets (${role})`, since }],
    meanings: {
      EINVAL: { reason: "the program cannot be attached to this socket", hint },
      EPERM: { reason: "the filter of the socket is locked (SO_LOCK_FILTER)" },
      ENOMEM: { reason: "the program is too large for the socket's memory (net.core.optmem_max)" },
    },
  };
  caller.check(caller.bridge.setSocketOption(socket, levelSocket, attach, value), operation);
}

/** A program that somebody else has taken off already is no failure. */
function removeProgram(caller: Caller, socket: number, role: SocketProgram["role"]): void {
  const { detach, detachSince } = roles[role];
  const result = caller.bridge.setSocketOption(socket, levelSocket, detach, new Uint8Array(4));
  if (isErrno(result, "ENOENT")) return;
  caller.check(result, {
    text: `detach the program of socket ${socket} (${role})`,
    requires: [{ feature: `taking programs off sockets (${role})`, since: detachSince }],
  });
}

/** What no other socket ever is called; `undefined` when the number is not one of a socket. */
function cookieOf(caller: Caller, socket: number): bigint | undefined {
  const value = new Uint8Array(8);
  const result = caller.bridge.getSocketOption(socket, levelSocket, socketCookie, value);
  return result < 0 ? undefined : viewOf(value).getBigUint64(0, littleEndian);
}
