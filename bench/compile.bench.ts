/**
 * How long compiling takes, against the process of clang that compiles the same programs in C: wall-clock time.
 *
 * Ours is warm, as in a process that watches files; `compile-first` is a process that compiles one sample and has not
 * read the types of the kernel before.
 * @module
 */
import { execFileSync, spawnSync } from "node:child_process";
import type { Answer, Benchmark } from "./benchmark.ts";
import { BenchmarkError } from "./error.ts";
import { buildPath, sampleArguments, sampleNames } from "./peer.ts";
import { ourCommand, ProgramSide } from "./program-side.ts";

const group = "compile";
const tools = ["clang", "libbpf", "bpftool"] as const;
const samples = sampleNames();
const ratioLimit = { of: "ratio", max: 0.3 } as const;

/** Compiling all samples, each of them, and the slowest program. */
export const compile: Benchmark = {
  group,
  figures: [
    { name: "compile", field: "total", unit: "ms", about: "all samples", limit: ratioLimit },
    {
      name: "compile-slowest",
      field: "slowest",
      unit: "ms",
      about: "the slowest program; clang: the slowest file",
      limit: { of: "ours", max: 10 },
    },
    ...samples.map((sample) => ({
      name: `compile-${sample}`,
      field: sample,
      unit: "ms" as const,
      about: "all its programs",
      limit: ratioLimit,
    })),
  ],
  tools,
  runs: 3,
  warmUps: 1,
  open: async (_size, resources) => ({
    ours: resources.use(await ProgramSide.start(ourCommand("compile.ts", ...samples))),
    peer: { round: () => Promise.resolve(compilePeers()) },
  }),
};

/** The sample that is compiled first: with tracing, kernel types and a ring buffer the most usual kind. */
const firstSample = "execsnoop";

/** The first compilation of a process. */
export const compileFirst: Benchmark = {
  group,
  figures: [
    {
      name: "compile-first",
      field: "ms",
      unit: "ms",
      about: "first program of a process, reading BTF",
      limit: { of: "ours", max: 250 },
    },
  ],
  tools,
  runs: 7,
  warmUps: 1,
  open: () => {
    const [program = "", ...args] = ourCommand("compile-first.ts", firstSample);
    const first = (): Answer =>
      JSON.parse(execFileSync(program, args, { encoding: "utf8" })) as Answer;
    return Promise.resolve({
      ours: { round: () => Promise.resolve(first()) },
      peer: { round: () => Promise.resolve({ ms: compilePeer(firstSample) }) },
    });
  },
};

function compilePeers(): Answer {
  const times = samples.map((sample) => [sample, compilePeer(sample)] as const);
  const each = times.map(([, ms]) => ms);
  const total = each.reduce((sum, ms) => sum + ms, 0);
  return { ...Object.fromEntries(times), total, slowest: Math.max(...each) };
}

/** Milliseconds that clang takes for the C peer of a sample. */
function compilePeer(sample: string): number {
  const args = [...sampleArguments(sample), "-o", buildPath("compile.sample.o")];
  const start = performance.now();
  const { status, stderr } = spawnSync("clang", args, { encoding: "utf8" });
  const ms = performance.now() - start;
  if (status !== 0) throw new BenchmarkError(`cannot compile peer ${sample}: ${stderr.trim()}`);
  return ms;
}
