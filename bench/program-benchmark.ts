/**
 * The most common benchmark: a script of `ours` against a program of `peer`, in nanoseconds of CPU time per operation.
 * @module
 */
import type { Benchmark, Limit, Size } from "./benchmark.ts";
import { peerProgram } from "./peer.ts";
import { ourCommand, ProgramSide } from "./program-side.ts";

/** A name with arguments. */
type Call = readonly [name: string, ...args: (string | number)[]];

/** What sets one of these benchmarks apart. */
export interface ProgramBenchmark {
  readonly figure: { readonly name: string; readonly about: string; readonly limit?: Limit };
  /** Operations in one round. */
  readonly operations: { readonly [S in Size]: number };
  /** Script of folder `ours`, and its arguments. */
  readonly ours: (work: { readonly operations: number }) => Call;
  /** Program of folder `peer`, and its arguments. */
  readonly peer: (work: { readonly operations: number }) => Call;
}

/** The benchmark of a description. */
export function programBenchmark({ figure, operations, ours, peer }: ProgramBenchmark): Benchmark {
  return {
    figures: [{ ...figure, field: "ns", unit: "ns" }],
    tools: ["clang", "libbpf", "root"],
    runs: 21,
    warmUps: 4,
    open: async (size, resources) => {
      const work = { operations: operations[size] };
      const [program, ...args] = peer(work);
      const command = [peerProgram(program), ...args.map(String)];
      return {
        peer: resources.use(await ProgramSide.start(command)),
        ours: resources.use(await ProgramSide.start(ourCommand(...ours(work)))),
      };
    },
  };
}
