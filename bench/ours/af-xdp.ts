/**
 * af-xdp FILLS PACKETS: lets packets of 64 bytes come in at one end of a veth pair, then takes them out of an AF_XDP
 * socket with `consume`, looking at 8 bytes of each. Timed are the whole way, and what of it is taking;
 * `peer/af-xdp.c` does the same. Runs in a network namespace of its own.
 * @module
 */
import { execFileSync } from "node:child_process";
import { endianness } from "node:os";
import { attachXdp, load, xdp, xskmap } from "ts-ebpf";
import { assemble, call, exit } from "ts-ebpf/asm";
import { openXdpSocket, type PacketBatch } from "ts-ebpf/xdp-socket";
import { cpuNs, expect, numberArgument, serveRounds, type Answer } from "./rounds.ts";

const fills = numberArgument(1);
const packets = numberArgument(2);

const littleEndian = endianness() === "LE";
const ringSize = 1 << 14;
const packet = new Uint8Array(BigUint64Array.of(1n, 0n, 0n, 0n, 0n, 0n, 0n, 0n).buffer);

// Without IPv6, where there is any, so that the kernel sends nothing itself.
const makeInterfaces = `
  { echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6; } 2> /dev/null
  ip link add near0 type veth peer name far0 && ip link set near0 up && ip link set far0 up`;
execFileSync("sh", ["-c", makeInterfaces]);

/** Sum of what was looked at; every packet adds 1. In a typed array, where adding costs least. */
const total = new Uint32Array(1);

const sockets = xskmap("sockets", 1);
const toSocket = xdp(assemble([call("redirect_map", sockets, 0, 2), exit()]));
await using collection = await load({ sockets, toSocket });
using link = attachXdp(collection.toSocket, "far0");
using socket = await openXdpSocket({
  interface: "far0",
  map: collection.sockets,
  frames: ringSize,
  frameBytes: 2048,
  receiveFrames: ringSize,
  rings: { fill: ringSize, receive: ringSize },
});
/** `struct xdp_md`: data_end and ingress_ifindex. */
const context = new Uint8Array(
  Uint32Array.of(0, packet.length, 0, Number(link.info().details["ifindex"]), 0, 0).buffer,
);
using _ = socket.consume(onBatch);
await warmUp();
await serveRounds(round);

/** Engines compile for good what is called often, as in a tool that has run for seconds. */
async function warmUp(): Promise<void> {
  for (let count = 0; count < 500; count++) await deliverAndTake(200);
}

async function round(): Promise<Answer> {
  let ns = 0;
  let take = 0;
  for (let count = 0; count < fills; count++) {
    const times = await deliverAndTake(packets);
    ns += times.ns;
    take += times.take;
  }
  return { ns: ns / (fills * packets), take: take / (fills * packets) };
}

/** Nanoseconds of CPU time for `count` packets: in all, and to take them. */
async function deliverAndTake(
  count: number,
): Promise<{ readonly ns: number; readonly take: number }> {
  const start = cpuNs();
  collection.toSocket.run({ data: packet, context, repeat: count, flags: ["xdp_live_frames"] });
  total[0] = 0;
  const delivered = cpuNs();
  while (total[0] < count) await new Promise((resolve) => setImmediate(resolve));
  const end = cpuNs();
  expect("the packets that were delivered", total[0] === count);
  return { ns: end - start, take: end - delivered };
}

/** Looks at 8 bytes of each packet, which are 1, as signed numbers, which engines add fastest. */
function onBatch({ data, places, length }: PacketBatch): void {
  let sum = 0;
  for (let index = 0; index < 2 * length; index += 2) {
    const start = places[index]!;
    const low = data.getInt32(start, littleEndian);
    sum = (sum + low + data.getInt32(start + 4, littleEndian)) | 0;
  }
  total[0]! += sum;
}
