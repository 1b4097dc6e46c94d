/**
 * Sockets as one has them: Node's, by a handle, or by a descriptor of this process.
 * @module
 */
import type { Server, Socket } from "node:net";
import { assertWhole } from "../base/arguments.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import type { Handle } from "../kernel/handle.ts";

/** A socket. It stays the caller's. */
export type SocketSource = Handle | number | Socket | Server;

/**
 * The handle or descriptor of a socket, as updates of maps take it.
 * @throws {InvalidArgumentError} when a socket of Node's is not open, or it is no socket at all.
 */
export function socketWord(source: SocketSource): Handle | number {
  if (typeof source === "number") {
    assertWhole(source, "the descriptor of a socket", { most: 2 ** 31 - 1 });
    return source;
  }
  if (typeof source !== "object" || source === null) throw noSocket(source);
  if (!("address" in source)) return source;
  // Node has no public name for the descriptor.
  const { _handle: handle } = source as { readonly _handle?: { readonly fd?: number } | null };
  const descriptor = handle?.fd ?? -1;
  if (descriptor >= 0) return descriptor;
  throw new InvalidArgumentError("the socket has no descriptor", {
    hint: "wait until it is connected or listens, and do not close it before",
  });
}

function noSocket(source: unknown): InvalidArgumentError {
  return new InvalidArgumentError(`${String(source)} is no socket`, {
    hint: "give a socket of Node's, a handle, or a descriptor of this process",
  });
}
