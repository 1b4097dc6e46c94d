/**
 * A datagram socket that can send to itself: the simplest descriptor to become readable without privileges.
 * @module
 */
import { loadBridge } from "../load.ts";
import { socket } from "./kernel-words.ts";

let count = 0;

/** A bound AF_UNIX socket of this process. */
export class UnixSocket implements Disposable {
  readonly fd: number;
  readonly #address: Uint8Array;

  constructor() {
    const bridge = loadBridge();
    // struct sockaddr_un (include/uapi/linux/un.h): family, then a name; one that begins with NUL is in no folder.
    this.#address = Buffer.from(
      `\u0001\0\0ts-ebpf-${process.pid}-${Math.random()}-${count++}`,
      "latin1",
    );
    this.fd = bridge.socket(socket.unix, socket.datagram | socket.nonBlocking, 0);
    const bound = bridge.bind(this.fd, this.#address);
    if (this.fd < 0 || bound !== 0) throw new RangeError(`no socket: ${this.fd}, ${bound}`);
  }

  /** Makes the socket readable; returns what sendto(2) did. */
  send(data: Uint8Array): number {
    return loadBridge().send(this.fd, data, 0, this.#address);
  }

  /** Reads one datagram; returns its length or the negated errno. */
  receive(data: Uint8Array): number {
    return loadBridge().receive(this.fd, data, socket.dontWait);
  }

  [Symbol.dispose](): void {
    loadBridge().close(this.fd);
  }
}
