/**
 * How long it takes to load an object file with 143 relocations, against libbpf: CPU time of one round.
 *
 * Both sides read the file and the kernel's types, relocate, create maps, load the programs and close all. The time that
 * is spent in bpf(2) is the same for both, and hides what differs; the second figure is what loading takes without it.
 * @module
 */
import type { Benchmark } from "./benchmark.ts";
import { kernelObject, peerProgram } from "./peer.ts";
import { ourCommand, ProgramSide } from "./program-side.ts";

/** Loading from file to programs, relocation alone, and a second load. */
export const objectLoad: Benchmark = {
  group: "object-load",
  figures: [
    {
      name: "object-load",
      field: "load",
      unit: "ms",
      about: "object file: open, load, close, reading BTF",
      limit: { of: "ratio", max: 1.5 },
    },
    {
      name: "object-relocate",
      field: "relocate",
      unit: "ms",
      about: "load without bpf(2): BTF read, relocated",
      limit: { of: "ratio", max: 1 },
    },
    {
      name: "object-again",
      field: "again",
      unit: "ms",
      about: "a second object: ours keeps the kernel's BTF",
    },
  ],
  tools: ["clang", "libbpf", "bpftool", "root"],
  runs: 21,
  warmUps: 10,
  open: async (_size, resources) => {
    const object = kernelObject("object-load");
    const start = async (command: readonly string[]): Promise<ProgramSide> =>
      resources.use(await ProgramSide.start(command));
    return {
      ours: await start(ourCommand("object-load.ts", object)),
      peer: await start([peerProgram("object-load"), object]),
    };
  },
};
