/**
 * Instructions that came after the first ones: each is loaded in a program that is right otherwise.
 * @module
 */
import type { Instruction } from "../../isa/instruction.ts";
import type { KernelVersion } from "../../kernel/feature.ts";
import type { Feature } from "./feature.ts";
import { exit, loadInstructions, setResult } from "./smallest-program.ts";

type Row = readonly [name: string, since: KernelVersion, instructions: readonly Instruction[]];

const setR1: Instruction = { kind: "alu", op: "mov", width: 64, dst: "r1", src: 1 };
const storeOne: Instruction = { kind: "store", size: "u64", base: "r10", offset: -8, src: 1 };
const onStack = { base: "r10", offset: -8 } as const;

const rows: readonly Row[] = [
  [
    "jump on 32 bits",
    [5, 1],
    [setResult(0), { kind: "jump-if", op: "eq", width: 32, dst: "r0", src: 0, target: 0 }],
  ],
  [
    "bounded loop",
    [5, 3],
    [
      setResult(0),
      { kind: "alu", op: "add", width: 64, dst: "r0", src: 1 },
      { kind: "jump-if", op: "lt", width: 64, dst: "r0", src: 4, target: -2 },
    ],
  ],
  [
    "atomic fetch",
    [5, 12],
    [storeOne, setR1, { kind: "atomic", op: "fetch_add", size: "u64", ...onStack, src: "r1" }],
  ],
  [
    "signed division",
    [6, 6],
    [setResult(4), { kind: "alu", op: "sdiv", width: 64, dst: "r0", src: 2 }],
  ],
  [
    "may_goto",
    [6, 9],
    [
      { kind: "may-goto", target: 1 },
      { kind: "jump", target: -2 },
    ],
  ],
  [
    "load-acquire",
    [6, 15],
    [storeOne, { kind: "load-acquire", size: "u64", dst: "r1", ...onStack }],
  ],
];

/** One row for each. */
export const instructionFeatures: readonly Feature[] = rows.map(([name, since, instructions]) => ({
  name,
  group: "instruction",
  since,
  probe: (kernel) =>
    loadInstructions(kernel, [...instructions, setResult(0), exit], { progType: "socket_filter" }),
}));
