/**
 * What the compiler makes of the samples, against `clang -O2 -mcpu=v3` on the same programs in C: how many instructions,
 * and how long programs of packets take.
 *
 * Instructions are counted as 8-byte slots, those of all programs of a sample. Time is CPU time of
 * BPF_PROG_TEST_RUN: both sides are object files that one program loads, sets up and runs in the same way, with the
 * same packet.
 * @module
 */
import { readFileSync } from "node:fs";
import type { Answer, Benchmark } from "./benchmark.ts";
import { countInstructions } from "./elf-code.ts";
import { packetRuns, type PacketRun } from "./packet-runs.ts";
import { buildPath, peerProgram, sampleNames, sampleObject } from "./peer.ts";
import { ourCommand, ProgramSide } from "./program-side.ts";

const samples = sampleNames();

/** Instructions of all samples together, and of each. */
export const codegen: Benchmark = {
  group: "codegen",
  figures: [
    {
      name: "codegen",
      field: "total",
      unit: "instructions",
      about: "all programs of all samples",
      limit: { of: "ratio", max: 1.05 },
    },
    ...samples.map((sample) => ({
      name: `codegen-${sample}`,
      field: sample,
      unit: "instructions" as const,
      about: "all its programs",
      limit: { of: "ratio", max: 1.25 } as const,
    })),
  ],
  tools: ["clang", "libbpf", "bpftool", "root"],
  runs: 1,
  warmUps: 0,
  open: async (_size, resources) => ({
    ours: resources.use(await ProgramSide.start(ourCommand("codegen.ts", ...samples))),
    peer: { round: () => Promise.resolve(countPeers()) },
  }),
};

function countPeers(): Answer {
  const counts = samples.map(
    (sample) => [sample, countInstructions(readFileSync(sampleObject(sample)))] as const,
  );
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  return { ...Object.fromEntries(counts), total };
}

/** Time of each program of packets. */
export const codegenRuns: readonly Benchmark[] = packetRuns.map((run) => ({
  group: "codegen",
  figures: [
    {
      name: `codegen-run-${run.sample}`,
      field: "ns",
      unit: "ns",
      about: `one packet: ${run.about}`,
      limit: { of: "ratio", max: 1.05 },
    },
  ],
  tools: ["clang", "libbpf", "bpftool", "root"],
  runs: 21,
  warmUps: 2,
  open: async (size, resources) => {
    const ourObject = buildPath(`${run.sample}.ours.o`);
    await using writer = await ProgramSide.start(ourCommand("object.ts", run.sample, ourObject));
    await writer.round();
    const repeat = { full: 1_000_000, tiny: 100 }[size];
    const start = async (object: string): Promise<ProgramSide> =>
      resources.use(
        await ProgramSide.start([peerProgram("packet-run"), ...runArguments(object, run, repeat)]),
      );
    return { ours: await start(ourObject), peer: await start(sampleObject(run.sample)) };
  },
}));

function runArguments(
  object: string,
  { type, packet, result, setUp }: PacketRun,
  repeat: number,
): string[] {
  return [object, type, packet, String(result), String(repeat), ...setUp];
}
