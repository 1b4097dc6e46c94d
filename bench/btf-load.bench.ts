/**
 * How long it takes to read the kernel's types, against libbpf: CPU time of one round, reading the file included.
 *
 * libbpf indexes all types when it parses them and none of their names; ours does either as far as somebody asks. So there
 * are two figures of time: to the members of one struct, and, for ours the dearest, to all types with every name looked at.
 * @module
 */
import type { Benchmark } from "./benchmark.ts";
import { peerProgram } from "./peer.ts";
import { ourCommand, ProgramSide } from "./program-side.ts";

/** Finding a struct, and indexing everything. */
export const btfLoad: Benchmark = {
  group: "btf-load",
  figures: [
    {
      name: "btf-load",
      field: "ms",
      unit: "ms",
      about: "BTF of the kernel: read, find task_struct, walk its members",
      limit: { of: "ratio", max: 1 },
    },
    {
      name: "btf-index",
      field: "index",
      unit: "ms",
      about: "the same, and a name that no type has: all types and names",
    },
    {
      name: "btf-memory",
      field: "memory",
      unit: "MiB",
      about: "memory the first such round takes at most; peer: the file",
      limit: { of: "ratio", max: 3 },
    },
  ],
  tools: ["clang", "libbpf"],
  runs: 11,
  warmUps: 3,
  open: async (_size, resources) => ({
    ours: resources.use(await ProgramSide.start(ourCommand("btf-load.ts"))),
    peer: resources.use(await ProgramSide.start([peerProgram("btf-load")])),
  }),
};
