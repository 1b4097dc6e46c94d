import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FunctionBuilder } from "./builder.ts";
import type { Operand, Value } from "./operation.ts";
import { printFunction } from "./print.ts";
import { sumFunction } from "./testing-samples.ts";
import { verifyFunction } from "./verify.ts";

function linesOf(builder: FunctionBuilder): string[] {
  verifyFunction(builder.function);
  return printFunction(builder.function)
    .split("\n")
    .slice(1)
    .map((line) => line.trim());
}

function isZero(left: Operand) {
  return { op: "eq", width: 64, left, right: 0n } as const;
}

describe("FunctionBuilder", () => {
  it("gives variables of loops parameters, and only those that change", () => {
    assert.equal(
      printFunction(sumFunction()),
      `function sum(%0.limit)
b0(%0.limit):
  jump b2(0, 0)
b1():
  return %2.sum
b2(%1.i, %2.sum):
  if lt64 %1.i, %0.limit then b3() else b1()
b3():
  %3 = add64 %2.sum, %1.i
  %4 = add64 %1.i, 1
  jump b2(%4, %3)`,
    );
  });

  it("gives a variable that two branches write one parameter where they meet", () => {
    const builder = new FunctionBuilder("f", ["a"]);
    const [a] = builder.current.parameters as [Value];
    const [changed, kept] = [{ name: "changed" }, { name: "kept" }];
    builder.write(changed, 1n);
    builder.write(kept, 5n);
    const [then, after] = [builder.block(), builder.block()];
    builder.branch(isZero(a), { then, else: after });
    builder.seal(then);
    builder.current = then;
    builder.write(changed, 2n);
    builder.jump(after);
    builder.seal(after);
    builder.current = after;
    const [left, right] = [builder.read(changed), builder.read(kept)];
    builder.return(builder.define({ kind: "binary", op: "add", width: 64, left, right }));
    assert.deepEqual(linesOf(builder), [
      "b0(%0.a):",
      "if eq64 %0.a, 0 then b1() else b2(1)",
      "b1():",
      "jump b2(2)",
      "b2(%1.changed):",
      "%3 = add64 %1.changed, 5",
      "return %3",
    ]);
  });

  it("knows what a value read before turned out to be", () => {
    const builder = new FunctionBuilder("f", ["a"]);
    const [a] = builder.current.parameters as [Value];
    const variable = { name: "v" };
    builder.write(variable, a);
    const [head, exit] = [builder.block(), builder.block()];
    builder.jump(head);
    builder.current = head;
    const early = builder.read(variable);
    builder.branch(isZero(a), { then: head, else: exit });
    builder.seal(head);
    builder.seal(exit);
    builder.current = exit;
    assert.notEqual(early, a);
    builder.return(early);
    assert.equal(linesOf(builder).at(-1), "return %0.a");
  });

  it("removes parameters of nested loops in which nothing changes", () => {
    const builder = new FunctionBuilder("f", ["a"]);
    const [a] = builder.current.parameters as [Value];
    const [x, y] = [{ name: "x" }, { name: "y" }];
    builder.write(x, a);
    builder.write(y, 1n);
    const [outer, inner, next, exit] = [1, 2, 3, 4].map(() => builder.block());
    builder.jump(outer!);
    builder.current = outer!;
    builder.branch(isZero(builder.read(x)), { then: inner!, else: exit! });
    builder.current = inner!;
    builder.branch(isZero(builder.read(y)), { then: inner!, else: next! });
    builder.seal(inner!);
    builder.seal(next!);
    builder.current = next!;
    builder.jump(outer!);
    builder.seal(outer!);
    builder.seal(exit!);
    builder.current = exit!;
    builder.return(builder.read(x));
    linesOf(builder);
    assert.equal(linesOf(builder).at(-1), "return %0.a");
  });

  it("drops what stands behind a return", () => {
    const builder = new FunctionBuilder("f", []);
    builder.return(1n);
    assert.equal(builder.ended, true);
    builder.define({ kind: "negate", width: 64, operand: 1n });
    builder.return(2n);
    assert.deepEqual(linesOf(builder), ["b0():", "return 1"]);
  });

  it("puts the place in the source on operations and ends", () => {
    const builder = new FunctionBuilder("f", []);
    builder.source = { file: "f.ts", line: 7, column: 1, text: "" };
    builder.return(1n);
    assert.equal(builder.function.blocks[0]!.terminator.source?.line, 7);
    assert.match(printFunction(builder.function), / {2}return 1 +; line 7$/);
  });

  it("counts the loops around blocks", () => {
    assert.deepEqual(
      sumFunction().blocks.map(({ loopDepth }) => loopDepth),
      [0, 0, 1, 1],
    );
  });

  it("refuses to seal twice, or to get a predecessor after it", () => {
    const builder = new FunctionBuilder("f", []);
    assert.throws(() => builder.seal(builder.current), /b?lock 0 is sealed twice/);
    assert.throws(() => builder.jump(builder.current), /block 0 is sealed and gets another/);
  });
});
