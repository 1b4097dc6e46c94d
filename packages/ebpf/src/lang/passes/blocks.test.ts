import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mergeBlocks, mergeReturns, skipEmptyBlocks } from "./blocks.ts";
import { binary64, textAfter, type Build } from "./testing-pass.ts";

/** `v = a == 0 ? 1 : 2`, then what `after` does. */
const diamond: Build = (builder, a) => {
  const [then, otherwise, after] = [builder.block(), builder.block(), builder.block()];
  const variable = { name: "v" };
  builder.branch({ op: "eq", width: 64, left: a, right: 0n }, { then, else: otherwise });
  [then, otherwise].forEach((block, index) => {
    builder.seal(block);
    builder.current = block;
    builder.write(variable, BigInt(index + 1));
    builder.jump(after);
  });
  builder.seal(after);
  builder.current = after;
  builder.return(builder.define(binary64("add", builder.read(variable), 1n)));
};

describe("mergeBlocks", () => {
  it("joins blocks that follow only one another", () => {
    const lines = textAfter(mergeBlocks, (builder, a) => {
      for (let count = 0; count < 3; count++) {
        const next = builder.block();
        builder.jump(next);
        builder.seal(next);
        builder.current = next;
      }
      builder.return(a);
    });
    assert.deepEqual(lines, ["b0(%0.a, %1.b):", "return %0.a"]);
  });
});

describe("skipEmptyBlocks", () => {
  it("leads branches past blocks that only jump, with what they passed", () => {
    assert.deepEqual(textAfter(skipEmptyBlocks, diamond), [
      "b0(%0.a, %1.b):",
      "if eq64 %0.a, 0 then b3(1) else b3(2)",
      "b3(%2.v):",
      "%3 = add64 %2.v, 1",
      "return %3",
    ]);
  });

  it("leaves loops of empty blocks alone", () => {
    textAfter(skipEmptyBlocks, (builder) => {
      const [one, two] = [builder.block(), builder.block()];
      builder.jump(one);
      builder.current = one;
      builder.jump(two);
      builder.current = two;
      builder.jump(one);
      builder.seal(one);
      builder.seal(two);
    });
  });
});

describe("mergeReturns", () => {
  it("keeps one block for each constant returned", () => {
    const lines = textAfter(mergeReturns, (builder, a, b) => {
      const blocks = [builder.block(), builder.block(), builder.block()] as const;
      const [first, second, third] = blocks;
      const middle = builder.block();
      builder.branch({ op: "eq", width: 64, left: a, right: 0n }, { then: first, else: middle });
      builder.seal(middle);
      builder.current = middle;
      builder.branch({ op: "eq", width: 64, left: b, right: 0n }, { then: second, else: third });
      blocks.forEach((block, index) => {
        builder.seal(block);
        builder.current = block;
        builder.return(index < 2 ? 1n : 0n);
      });
    });
    assert.equal(lines.filter((line) => line === "return 1").length, 1);
    assert.ok(lines.includes("if eq64 %1.b, 0 then b1() else b3()"));
  });
});
