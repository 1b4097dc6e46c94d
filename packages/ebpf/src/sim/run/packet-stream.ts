/**
 * Many packets through one program: what a test run does, without making anything for each packet.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import type { Core } from "../core.ts";
import type { SimulatedProgram } from "../program.ts";
import { contextAccess, skbFields, xdpFields } from "./packet-context.ts";

/** Told of each packet what the program returned, as an unsigned number of 32 bits, and how it left it (borrowed). */
export type PacketHandler = (value: number, packet: Uint8Array) => void;

/** Bytes in front of what programs of a type see: the Ethernet header is not for all. */
const hiddenBytes: Readonly<Record<string, number>> = {
  xdp: 0,
  sched_cls: 0,
  sched_act: 0,
  socket_filter: 14,
  cgroup_skb: 14,
};

/**
 * Runs a program on each packet, which has at least 14 bytes.
 * @throws {InvalidArgumentError} when its type gets no packets.
 */
export function runPacketStream(
  core: Core,
  program: SimulatedProgram,
  { packets, handle }: { readonly packets: Iterable<Uint8Array>; readonly handle: PacketHandler },
): void {
  const { progType } = program.attributes;
  const hidden = hiddenBytes[progType];
  if (hidden === undefined) {
    throw new InvalidArgumentError(`programs of type ${progType} get no packets`, {
      hint: `give one of type ${Object.keys(hiddenBytes).join(", ")}`,
    });
  }
  const { machine, packet, statistics, world } = core;
  const isXdp = progType === "xdp";
  const context = new Uint8Array(isXdp ? 24 : 192);
  const access = contextAccess(context, isXdp ? xdpFields : skbFields, packet);
  const region = machine.memory.allocate("context", context.length, { access });
  const view = viewOf(context);
  const [low, high] = [Number(region & 0xffff_ffffn), Number(region >> 32n)];
  const { halves } = machine;
  const run = (): void => {
    for (const bytes of packets) {
      packet.load(bytes, hidden);
      if (!isXdp) {
        context.fill(0);
        view.setUint32(16, (bytes[12]! << 8) | bytes[13]!, false);
        view.setUint32(36, 1, true);
        view.setUint32(40, 1, true);
      }
      halves[2] = low;
      halves[3] = high;
      halves[4] = 0;
      halves[5] = 0;
      const start = world.now;
      const value = machine.runHalves(program.program) >>> 0;
      statistics.count(program, start);
      handle(value, packet.bytes(hidden));
    }
  };
  try {
    core.running({ program, cookie: 0n, context: region, returnValue: 0 }, run);
  } finally {
    machine.memory.free(region);
  }
}
