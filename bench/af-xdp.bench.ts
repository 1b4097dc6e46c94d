/**
 * Receiving packets with an AF_XDP socket, against the same loop over its rings in C, per packet.
 *
 * Packets come in at one end of a veth pair, go through an XDP program and are copied into the socket's memory; both
 * sides look at 8 bytes of each and give its frame back. What of that is taking is a figure of its own: some nanoseconds,
 * which depend on whether memory is in the processor's cache. Each side has a network namespace of its own.
 * @module
 */
import type { Benchmark } from "./benchmark.ts";
import { peerProgram } from "./peer.ts";
import { ourCommand, ProgramSide } from "./program-side.ts";

/** Times that the receive ring, of 16 384 entries, is filled and emptied in a round. */
const fills = 20;

/** Receiving packets. */
export const afXdp: Benchmark = {
  figures: [
    {
      name: "af-xdp",
      field: "ns",
      unit: "ns",
      about: "64-byte packet over veth to consume, 8 bytes looked at",
      limit: { of: "ratio", max: 1.5 },
    },
    {
      name: "af-xdp-take",
      field: "take",
      unit: "ns",
      about: "what of it is taking it from the ring",
    },
  ],
  tools: ["clang", "libbpf", "root", "unshare", "ip"],
  runs: 21,
  warmUps: 4,
  open: async (size, resources) => {
    const work = [fills, { full: 16_000, tiny: 100 }[size]];
    const peer = [peerProgram("af-xdp"), ...work.map(String)];
    const inNamespace = async (command: readonly string[]): Promise<ProgramSide> =>
      resources.use(await ProgramSide.start(["unshare", "--net", ...command]));
    return {
      ours: await inNamespace(ourCommand("af-xdp.ts", ...work)),
      peer: await inNamespace(peer),
    };
  },
};
