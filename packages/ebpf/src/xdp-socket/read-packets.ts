/**
 * One reader for several sockets.
 * @module
 */
import type { Kernel } from "../kernel/kernel.ts";
import { nextTurn, Readiness, type Waitable } from "../stream/readiness.ts";
import type { WaitOptions } from "../stream/waiting.ts";
import type { PacketBatch } from "./packet-batch.ts";

/** Something with packets: `XdpSocket` is one. */
export interface PacketSource extends Waitable {
  readonly closed: boolean;
  fetch(): PacketBatch | undefined;
  release(): void;
}

/** Times a reader goes through its sockets before it lets the event loop run. */
const roundsPerTurn = 16;

/**
 * Packets of several sockets as they come, a batch of one socket at a time; each socket is in order, between them there
 * is none. Closing one of the sockets ends the reading.
 */
export async function* readPackets(
  kernel: Kernel,
  sockets: readonly PacketSource[],
  options: WaitOptions = {},
): AsyncGenerator<PacketBatch, void> {
  using readiness = new Readiness(kernel, sockets, options);
  for (let round = 1; !readiness.ended; round++) {
    let found = 0;
    for (const socket of sockets) {
      const batch = readiness.ended ? undefined : socket.fetch();
      if (batch === undefined) continue;
      found += 1;
      try {
        yield batch;
      } finally {
        socket.release();
      }
    }
    if (found === 0 && !(await readiness.wait())) return;
    if (round % roundsPerTurn === 0) await nextTurn();
  }
}
