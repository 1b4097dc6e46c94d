/**
 * Random programs of TypeScript: what JavaScript computes against what the kernel does, as written and optimised.
 *
 * `FUZZ_PROGRAMS` says how many (150 when not set), `FUZZ_SEED` where to start. A program that fails is made small
 * before it is shown.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { inspect } from "node:util";
import { needs } from "../../testing/needs.ts";
import { testVersion } from "./testing-run.ts";
import { compare, type Verdict } from "./testing-programs/compare.ts";
import { type GeneratedProgram, generateProgram } from "./testing-programs/generate.ts";
import { reduceProgram } from "./testing-programs/reduce.ts";
import { describeVerdict, signatureOf } from "./testing-programs/verdict.ts";

const programs = Number(process.env["FUZZ_PROGRAMS"] ?? 150);
const firstSeed = Number(process.env["FUZZ_SEED"] ?? 1);
const inputsPerProgram = 8;
const programsPerTurn = 100;
/** How long a failing program is made smaller. */
const reducingMilliseconds = 30_000;

describe("programs of TypeScript, against the kernel", needs("root", "bpf", "btf"), () => {
  it("compute what JavaScript computes", async () => {
    const counts = new Map<string, number>();
    const atomics = testVersion() >= 5012 ? "all" : "add";
    for (let seed = firstSeed; seed < firstSeed + programs; seed++) {
      // Memory that was unmapped is let go of between turns of the event loop.
      if (seed % programsPerTurn === 0) await nextTurn();
      const program = generateProgram(seed, atomics);
      const verdict = compare(program, seed, inputsPerProgram);
      const kind = verdict.kind === "too much" ? `too much for the ${verdict.of}` : verdict.kind;
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      if (isFailure(verdict)) assert.fail(report(program, seed, verdict));
    }
    process.stdout.write(`# ${inspect(Object.fromEntries(counts), { breakLength: Infinity })}\n`);
    const same = counts.get("same") ?? 0;
    assert.ok(same >= programs * 0.9, `only ${same} of ${programs} programs were compared`);
  });
});

function isFailure({ kind }: Verdict): boolean {
  return kind !== "same" && kind !== "too much" && kind !== "known";
}

/** The smallest program found that fails in the same way, and what was different. */
function report(program: GeneratedProgram, seed: number, verdict: Verdict): string {
  const deadline = performance.now() + reducingMilliseconds;
  const [signature, mode] = [signatureOf(verdict), "mode" in verdict ? [verdict.mode] : undefined];
  const again = (candidate: GeneratedProgram): Verdict =>
    compare(candidate, seed, inputsPerProgram, mode);
  const small = reduceProgram(
    program,
    (candidate) => performance.now() < deadline && signatureOf(again(candidate)) === signature,
  );
  const texts = [...Object.values(small.functions), small.text]
    .join("\n")
    .replaceAll(/^;*\n/gm, "");
  return `seed ${seed}, ${small.kind}:\n${texts}\n${describeVerdict(again(small))}`;
}
