import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Block, IrFunction } from "./function.ts";
import type { Value } from "./operation.ts";
import { countFunction, sumFunction } from "./testing-samples.ts";
import { verifyFunction } from "./verify.ts";

describe("verifyFunction", () => {
  function check(breakIt: (blocks: Block[], fn: IrFunction) => void, message: RegExp): void {
    const fn = sumFunction();
    verifyFunction(fn);
    breakIt(fn.blocks, fn);
    assert.throws(() => verifyFunction(fn, "breaking"), message);
  }

  it("takes what is in order", () => {
    verifyFunction(sumFunction());
    verifyFunction(countFunction());
  });

  it("says after what, and where it found what", () => {
    check(
      ([, , , body]) => body!.operations.pop(),
      /sum after breaking, b3: %4 is not defined, in jump/,
    );
  });

  it("finds values that are defined twice", () => {
    check(([, , , body]) => body!.operations.push(body!.operations[0]!), /%3 is defined twice/);
    check(([entry]) => entry!.parameters.push(0 as Value), /%0 is defined twice/);
  });

  it("finds values that are not of the function", () => {
    check(([entry]) => entry!.parameters.push(99 as Value), /%99 is not a value of the function/);
  });

  it("finds reads before the definition, in a block and between blocks", () => {
    check(([, , , body]) => {
      const [first] = body!.operations;
      if (first?.kind === "binary") first.left = 4 as Value;
    }, /%4 may be read before it is defined, in %3 = add64 %4, %1.i/);
    check(([, exit]) => {
      exit!.terminator = { kind: "return", result: 3 as Value };
    }, /b1: %3 may be read before it is defined, in return/);
  });

  it("finds edges that do not fit", () => {
    check(([entry]) => {
      if (entry!.terminator.kind === "jump") entry!.terminator.to.arguments.pop();
    }, /b0: passes 1 of 2 arguments to b2/);
    check((blocks) => blocks.splice(1, 1), /b2: goes to b1, which is not there/);
    check(([entry, exit]) => {
      exit!.terminator = { kind: "jump", to: { block: entry!, arguments: [0n] } };
    }, /b1: goes to the entry/);
  });

  it("finds unfinished blocks, constants out of range and foreign slots", () => {
    check(([, exit]) => (exit!.terminator = { kind: "unfinished" }), /b1: not finished/);
    check(([, exit]) => {
      exit!.terminator = { kind: "return", result: 1n << 63n };
    }, /9223372036854775808 is not of 64 bits with sign/);
    check(([entry]) => {
      const slot = { id: 0, size: 8, alignment: 8, name: "s" };
      entry!.operations.push({ kind: "store-slot", slot, offset: 0, bytes: 8, stored: 0n });
    }, /foreign slot in store u64 slot 0/);
  });

  it("finds calls with too many arguments", () => {
    check(([entry]) => {
      const callee = { kind: "local", name: "g" } as const;
      const given = [1n, 2n, 3n, 4n, 5n, 6n];
      entry!.operations.push({ kind: "call", callee, arguments: given, touches: [] });
    }, /more than five arguments in call g/);
  });

  it("does not mind what never runs", () => {
    const fn = sumFunction();
    const end = { kind: "return", result: 3 as Value } as const;
    fn.blocks.push({ id: 9, parameters: [], operations: [], terminator: end, loopDepth: 0 });
    verifyFunction(fn);
  });
});
