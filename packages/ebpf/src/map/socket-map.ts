/**
 * Live maps of sockets.
 * @module
 */
import { littleEndian } from "../base/bytes.ts";
import type { UpdateMode } from "../kernel/kernel.ts";
import { ReadableObjectMap } from "./object-map.ts";
import { type SocketSource, socketWord } from "./socket-source.ts";

/** Kinds of maps that hold sockets. */
type SocketMapType = "sockmap" | "sockhash" | "reuseport_sockarray";

/**
 * A live sockmap, sockhash or array of listening sockets. A socket leaves it when it is closed. What is read back is the
 * cookie of a socket: a number that no other socket ever has.
 */
export class SocketMap<Key> extends ReadableObjectMap<SocketMapType, Key, bigint> {
  /**
   * Puts a socket at `key`: one of Node's, a handle, or a descriptor of this process. In sockmaps and sockhashes it is
   * connected or listens, and the programs attached to the map at that moment are the socket's from then on; in an array
   * of `sk_reuseport` it listens (UDP: is bound) with SO_REUSEPORT.
   * @throws {ExistsError} with mode `noexist` when there is one; {@link NotFoundError} with `exist` when there is none.
   * @throws {SyscallError} when the kernel does not take such a socket.
   */
  set(key: Key, socket: SocketSource, { mode = "any" }: { readonly mode?: UpdateMode } = {}): void {
    const word = socketWord(socket);
    this.store(key, littleEndian ? [word, 0] : [0, word], mode);
  }
}
