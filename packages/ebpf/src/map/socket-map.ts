/**
 * Live maps of sockets.
 * @module
 */
import { littleEndian } from "../base/bytes.ts";
import type { Handle } from "../kernel/handle.ts";
import type { UpdateMode } from "../kernel/kernel.ts";
import { ObjectMap } from "./object-map.ts";

/** A live sockmap or sockhash. A socket leaves it when it is closed. */
export class SocketMap<Key> extends ObjectMap<"sockmap" | "sockhash", Key, bigint> {
  /**
   * Puts a connected or listening socket, by handle or by a descriptor of this process, at `key`. The programs attached
   * to the map at that moment are the socket's from then on.
   */
  set(
    key: Key,
    socket: Handle | number,
    { mode = "any" }: { readonly mode?: UpdateMode } = {},
  ): void {
    this.store(key, littleEndian ? [socket, 0] : [0, socket], mode);
  }

  /** The cookie of the socket at `key`: a number that no other socket ever has. */
  get(key: Key): bigint | undefined {
    return this.read(key);
  }
}
