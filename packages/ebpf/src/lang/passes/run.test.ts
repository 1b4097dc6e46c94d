import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  inputBytes,
  contextBytes,
  generateFunction,
  mapValueBytes,
  Random,
} from "../ir/testing-generator.ts";
import { viewOf } from "../../base/bytes.ts";
import { interpret, PlainMemory } from "../ir/interpret.ts";
import type { IrFunction } from "../ir/function.ts";
import { printFunction } from "../ir/print.ts";
import { verifyFunction } from "../ir/verify.ts";
import { allPasses, runPasses } from "./run.ts";

const functions = 60;
const target = { isaVersion: 3 } as const;

/** What a function returns, with its context and the map value after it. */
function outcome(fn: IrFunction, seed: number): readonly unknown[] {
  const [random, memory] = [new Random(seed), new PlainMemory()];
  const [context, element] = [new Uint8Array(contextBytes), new Uint8Array(mapValueBytes)];
  const view = viewOf(context);
  for (let at = 0; at < inputBytes; at += 8) view.setBigInt64(at, random.number(), true);
  const [contextAddress, elementAddress] = [memory.add(context), memory.add(element)];
  const returned = interpret(fn, [contextAddress], {
    memory,
    mapAddress: () => 1n,
    call: (callee, [, key]) =>
      callee.name === "map_lookup_elem" && memory.read(key!, 4) === 0n ? elementAddress : 0n,
  });
  return [returned, context, element];
}

describe("runPasses", () => {
  for (const pass of allPasses) {
    it(`keeps what functions do, with ${pass.name} alone`, () => {
      for (let seed = 1; seed <= functions; seed++) {
        const fn = generateFunction(seed, { signedDivision: true });
        const expected = outcome(fn, seed);
        const before = printFunction(fn);
        pass.run(fn, target);
        verifyFunction(fn, pass.name);
        assert.deepEqual(
          outcome(fn, seed),
          expected,
          `seed ${seed}\n${before}\n${printFunction(fn)}`,
        );
      }
    });
  }

  it("keeps what functions do, with all of them, and leaves nothing to do", () => {
    for (let seed = 1; seed <= functions; seed++) {
      const fn = generateFunction(seed, { signedDivision: true });
      const expected = outcome(fn, seed);
      runPasses(fn, { debug: true });
      assert.deepEqual(outcome(fn, seed), expected, `seed ${seed}`);
      for (const pass of allPasses)
        assert.equal(pass.run(fn, target), false, `${pass.name}, seed ${seed}`);
    }
  });
});
