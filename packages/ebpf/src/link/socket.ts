/**
 * Attaching to single sockets.
 *
 * The program is part of the socket, and is gone with it: closing a link whose socket is closed does nothing.
 * @module
 */
import { assertWhole } from "../base/arguments.ts";
import { isObject } from "../base/checks.ts";
import type { Handle, HasHandle } from "../kernel/handle.ts";
import type { SocketAttachment, SocketProgram } from "../kernel/socket-program.ts";
import { NotSupportedError } from "../kernel/errors.ts";
import { assertProgram, type Program } from "../program/program.ts";
import { Link, type LinkUpdateOptions } from "./link.ts";

/**
 * Runs `program` on what a socket gets, in the place of a filter that it has. The socket is given by a handle or by a
 * descriptor of this process, which stays the caller's. Minimum kernel 3.19. Privileges: none for the socket.
 * @throws {InvalidArgumentError} when it is not a socket.
 * @throws {PermissionError} when its filter is locked.
 */
export function attachSocketFilter(program: Program, socket: Handle | number): Link {
  return attachToSocket(program, socket, "filter");
}

/**
 * Lets `program` choose among the sockets that share the port of this one, in the place of what chose until now. One
 * socket of the group is given, which needs not be bound yet. Minimum kernel 4.19 (5.3 to take it off).
 * @throws {InvalidArgumentError} when it is not a socket.
 * @throws {SyscallError} when the socket does not share its port (`SO_REUSEPORT`).
 */
export function attachReuseport(program: Program, socket: Handle | number): Link {
  return attachToSocket(program, socket, "reuseport");
}

function attachToSocket(
  program: Program,
  socket: Handle | number,
  role: SocketProgram["role"],
): Link {
  assertProgram(program);
  if (typeof socket === "number")
    assertWhole(socket, "the descriptor of a socket", { most: 2 ** 31 - 1 });
  else isObject(socket, "the socket");
  const { kernel } = program;
  using stack = new DisposableStack();
  const request = { socket, program: program.handle, role };
  const attachment = stack.use(kernel.attachToSocket(request));
  const link = new SocketLink(program, attachment, role);
  stack.move();
  return link;
}

/** A program that is part of a socket. */
class SocketLink extends Link {
  readonly #attachment: SocketAttachment;

  constructor(program: Program, attachment: SocketAttachment, role: SocketProgram["role"]) {
    const { kernel } = program;
    const handle = program.handle.duplicate();
    super({ kernel, kind: "socket", target: `a socket (${role})`, handle, more: attachment });
    this.#attachment = attachment;
  }

  override update(next: HasHandle, { expected }: LinkUpdateOptions = {}): void {
    // Throws when the link is closed.
    void this.handle;
    if (expected !== undefined) {
      throw new NotSupportedError(
        "replacing the program of a socket only when it is a certain one",
      );
    }
    this.#attachment.replace(next.handle);
  }
}
