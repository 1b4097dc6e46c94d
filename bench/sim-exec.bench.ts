/**
 * How fast the virtual machine is: the compiled engine against the interpreter, on the same program.
 *
 * Both sides are ours, so the ratio says what compiling is worth; our own number, per instruction, is the speed.
 * The program is a loop of arithmetic, jumps, loads and stores, without helpers.
 * @module
 */
import type { Benchmark } from "./benchmark.ts";
import { ourCommand, ProgramSide } from "./program-side.ts";

/** Time of an instruction. */
export const simExec: Benchmark = {
  group: "sim-exec",
  figures: [
    {
      name: "sim-exec",
      field: "ns",
      unit: "ns",
      about: "one instruction, compiled; peer: interpreted",
      limit: { of: "ratio", max: 0.1 },
    },
    {
      name: "sim-exec-speed",
      field: "ns",
      unit: "ns",
      about: "the same: 20 ns are 50 million instructions a second",
      limit: { of: "ours", max: 20 },
    },
  ],
  tools: [],
  runs: 11,
  warmUps: 3,
  open: async (size, resources) => {
    const rounds = { full: 1_000_000, tiny: 1000 }[size];
    const start = async (engine: string, times: number): Promise<ProgramSide> =>
      resources.use(await ProgramSide.start(ourCommand("sim-exec.ts", engine, times)));
    // The interpreter does a twentieth of the work, so that both sides take about as long.
    return { ours: await start("compile", rounds), peer: await start("interpret", rounds / 20) };
  },
};
