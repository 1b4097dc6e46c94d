/**
 * Random functions of TypeScript: what JavaScript computes against what the kernel does.
 *
 * `EBPF_FUZZ_FUNCTIONS` says how many (40 when not set), `EBPF_FUZZ_SEED` where to start.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadCollection } from "../../collection/load.ts";
import * as layouts from "../../layout/index.ts";
import type { Program } from "../../program/program.ts";
import { global } from "../../spec/global-spec.ts";
import { needs } from "../../testing/needs.ts";
import { VerifierError } from "../../verifier/verifier-error.ts";
import { compileProgram, type CompileProgramOptions } from "../compile-program.ts";
import { Random } from "../ir/testing-generator.ts";
import { testProgram } from "./testing.ts";
import { generateText, inputCount } from "./testing-generator.ts";
import { testKernel } from "./testing-run.ts";

const functions = Number(process.env["EBPF_FUZZ_FUNCTIONS"] ?? 40);
const firstSeed = Number(process.env["EBPF_FUZZ_SEED"] ?? 1);
const inputsPerFunction = 8;

/** What a run left. */
interface Outcome {
  readonly returned: number;
  readonly number: bigint;
  readonly bigint: bigint;
}

type Mode = Pick<CompileProgramOptions, "optimize" | "isaVersion"> & { readonly title: string };

const modes: readonly Mode[] = [
  { title: "as written, ISA v3", optimize: "none", isaVersion: 3 },
  { title: "optimised, ISA v3", optimize: "full", isaVersion: 3 },
  { title: "optimised, ISA v4", optimize: "full", isaVersion: 4 },
];

describe("functions of TypeScript, against the kernel", needs("bpf"), () => {
  for (const { title, ...mode } of modes) {
    it(`compute what JavaScript computes, ${title}`, () => {
      let tooComplex = 0;
      for (let seed = firstSeed; seed < firstSeed + functions; seed++) {
        if (!checkSeed(seed, mode)) tooComplex += 1;
      }
      assert.ok(tooComplex <= functions / 20, `${tooComplex} functions are too complex`);
    });
  }

  /** Whether the verifier did not run out of steps. */
  function checkSeed(seed: number, mode: Omit<Mode, "title">): boolean {
    const text = generateText(seed);
    const scope = {
      ...layouts,
      outNumber: global("outNumber", layouts.s64, 0n),
      outBigint: global("outBigint", layouts.u64, 0n),
    };
    const { program, capture } = testProgram(text, scope);
    const { spec, dump } = compileProgram({ program, capture, debug: true, ...mode });
    const { outNumber, outBigint } = scope;
    const run = evaluate(text, scope);
    try {
      using loaded = loadCollection(testKernel(), { program: spec, outNumber, outBigint });
      for (const given of inputs(seed)) {
        const expected = run(given);
        const returned = runIn(loaded.program, given);
        const found = { returned, number: loaded.outNumber.value, bigint: loaded.outBigint.value };
        assert.deepEqual(found, expected, `seed ${seed}, ${given.join(", ")}\n${text}\n${dump}`);
      }
    } catch (error) {
      if (!(error instanceof VerifierError)) throw error;
      if (error.log.some((line) => line.includes("program is too large"))) return false;
      assert.fail(`seed ${seed} is rejected: ${error.log.slice(-40).join("\n")}\n${text}`);
    }
    return true;
  }
});

type Scope = Readonly<Record<string, unknown>> & {
  readonly outNumber: { value: bigint };
  readonly outBigint: { value: bigint };
};

/** The function as JavaScript. */
function evaluate(text: string, scope: Scope): (given: readonly bigint[]) => Outcome {
  const names = Object.keys(scope);
  // oxlint-disable-next-line typescript/no-implied-eval -- the text is generated here
  const make = new Function(...names, `return ${text}`) as (
    ...given: unknown[]
  ) => (ctx: object) => number;
  const fn = make(...names.map((name) => scope[name]));
  return (given) => {
    const returned = fn({ args: given });
    const { outNumber, outBigint } = scope;
    return { returned: returned | 0, number: outNumber.value, bigint: outBigint.value };
  };
}

function runIn(program: Program, given: readonly bigint[]): number {
  const words = Array.from({ length: 12 }, (_, index) => given[index] ?? 0n);
  const context = new Uint8Array(new BigUint64Array(words).buffer);
  return program.run({ context }).returnValue | 0;
}

function inputs(seed: number): readonly (readonly bigint[])[] {
  const random = new Random(seed);
  const one = (): bigint => BigInt.asUintN(64, random.number());
  return Array.from({ length: inputsPerFunction }, () => Array.from({ length: inputCount }, one));
}
