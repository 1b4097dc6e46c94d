import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { threadJumps } from "./threading.ts";
import { textAfter } from "./testing-pass.ts";

describe("threadJumps", () => {
  it("leads constants past the branch they decide", () => {
    const lines = textAfter(threadJumps, (builder, a, b) => {
      const [then, after, yes, no] = [
        builder.block(),
        builder.block(),
        builder.block(),
        builder.block(),
      ];
      const flag = { name: "flag" };
      builder.write(flag, b);
      builder.branch({ op: "eq", width: 64, left: a, right: 0n }, { then, else: after });
      builder.seal(then);
      builder.current = then;
      builder.write(flag, 1n);
      builder.jump(after);
      builder.seal(after);
      builder.current = after;
      const left = builder.read(flag);
      builder.branch({ op: "ne", width: 64, left, right: 0n }, { then: yes, else: no });
      [no, yes].forEach((block, index) => {
        builder.seal(block);
        builder.current = block;
        builder.return(BigInt(index));
      });
    });
    assert.deepEqual(lines.slice(1, 6), [
      "if eq64 %0.a, 0 then b1() else b2(%1.b)",
      "b1():",
      "jump b3()",
      "b2(%2.flag):",
      "if ne64 %2.flag, 0 then b3() else b4()",
    ]);
  });
});
