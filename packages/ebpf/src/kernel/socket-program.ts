/**
 * Programs that are part of a socket: what to attach.
 * @module
 */
import type { Handle } from "./handle.ts";

/** A program for a socket. */
export interface SocketProgram {
  /** A handle, or a descriptor of this process, which stays the caller's. */
  readonly socket: Handle | number;
  readonly program: Handle;
  /** `filter` decides over what the socket gets, `reuseport` to which socket of its group packets go. */
  readonly role: "filter" | "reuseport";
}

/** A program at a socket. Disposing takes it off, as long as it is the socket that it was put on. */
export interface SocketAttachment extends Disposable {
  /** Puts another program in its place. */
  replace(program: Handle): void;
}
