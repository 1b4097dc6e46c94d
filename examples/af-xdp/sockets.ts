/**
 * AF_XDP sockets: packets received, answered and sent, past the kernel's network stack.
 * @module
 */
import { attachXdp, kernel, load, ntohs, packet, xdp, xskmap } from "ts-ebpf";
import { openXdpSocket, openXdpSockets } from "ts-ebpf/xdp-socket";

const XDP_PASS = 2;

/** Lengths of the next packets that come in at queue 0 of an interface. */
export async function lengths(name: string, count: number, ready: () => void): Promise<number[]> {
  const found: number[] = [];
  // #region receive
  using socket = await openXdpSocket({ interface: name, queue: 0 });
  ready();
  for await (const batch of socket.packets({ timeoutMs: 10_000 })) {
    for (const bytes of batch) found.push(bytes.length); // valid until the loop goes on
    if (found.length >= count) break;
  }
  console.log(socket.mode, socket.statistics());
  // #endregion
  return found;
}

/** Sends Ethernet frames through queue 0 of an interface. */
export async function transmit(name: string, frames: readonly Uint8Array[]): Promise<number> {
  // #region send
  using socket = await openXdpSocket({ interface: name, map: "none", receiveFrames: 0 });
  const sent = await socket.sendAll(frames, { timeoutMs: 10_000 });
  await socket.flush({ timeoutMs: 10_000 }); // closing may drop what has not left
  // #endregion
  return sent;
}

/** Sends every packet of two queues back, with its addresses exchanged, until the signal ends it. */
export async function reflect(
  name: string,
  signal: AbortSignal,
  ready: () => void,
): Promise<number> {
  let count = 0;
  // #region reflect
  using group = await openXdpSockets({ interface: name, queues: [0, 1] });
  ready();
  for await (const batch of group.packets({ signal })) {
    for (const frame of batch) {
      const destination = frame.slice(0, 6);
      frame.copyWithin(0, 6, 12);
      frame.set(destination, 6);
    }
    count += batch.socket.sendBatch(batch); // from where they lie: nothing is copied here
  }
  // #endregion
  return count;
}

// #region filter
const sockets = xskmap("sockets", 64);

export const onlyUdp = xdp((ctx) => {
  "use bpf";
  const pkt = packet(ctx);
  const eth = pkt.next(kernel.ethhdr);
  if (!eth || ntohs(eth.h_proto) !== 0x0800) return XDP_PASS;
  const ip = pkt.next(kernel.iphdr);
  if (!ip || ip.protocol !== 17) return XDP_PASS;
  return sockets.redirect(ctx.rx_queue_index, XDP_PASS);
});
// #endregion

/** Counts UDP packets that come in at queue 0; all others go their usual way. */
export async function countUdp(name: string, count: number, ready: () => void): Promise<number> {
  let found = 0;
  // #region own
  await using filter = await load({ sockets, onlyUdp });
  using socket = await openXdpSocket({ interface: name, map: filter.sockets });
  using link = attachXdp(filter.onlyUdp, name);
  // #endregion
  ready();
  for await (const batch of socket.packets({ timeoutMs: 10_000 })) {
    found += batch.length;
    if (found >= count) break;
  }
  return link.closed ? 0 : found;
}
