import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { FunctionBuilder } from "../ir/builder.ts";
import type { Operand, Value } from "../ir/operation.ts";
import { skipEmptyBlocks } from "./blocks.ts";
import { binary64, textAfter } from "./testing-pass.ts";
import { threadJumps } from "./threading.ts";

/**
 * A variable is `given` where `a` is 0, else `b`; then it is asked whether it is 0, and where it is not, it is
 * returned.
 */
function chooseAndAsk(builder: FunctionBuilder, { a, b, given }: Choice): void {
  const [then, after, none, some] = [...Array(4)].map(() => builder.block());
  const chosen = { name: "chosen" };
  builder.write(chosen, b);
  builder.branch({ op: "eq", width: 64, left: a, right: 0n }, { then: then!, else: after! });
  builder.seal(then!);
  builder.current = then!;
  builder.write(chosen, given);
  builder.jump(after!);
  builder.seal(after!);
  builder.current = after!;
  const left = builder.read(chosen);
  builder.branch({ op: "eq", width: 64, left, right: 0n }, { then: none!, else: some! });
  builder.seal(none!);
  builder.current = none!;
  builder.return(-1n);
  builder.seal(some!);
  builder.current = some!;
  builder.return(builder.define(binary64("mul", builder.read(chosen), 3n)));
}

interface Choice {
  readonly a: Value;
  readonly b: Operand;
  readonly given: Operand;
}

/** Without the empty blocks that detours are at first. */
const thread = (fn: Parameters<typeof threadJumps>[0]): boolean => {
  let changed = threadJumps(fn);
  while (skipEmptyBlocks(fn)) changed = true;
  return changed;
};

describe("threadJumps", () => {
  it("leads constants past the branch they decide", () => {
    const lines = textAfter(thread, (builder, a, b) => chooseAndAsk(builder, { a, b, given: 0n }));
    assert.equal(lines[1], "if eq64 %0.a, 0 then b3() else b2(%1.b)");
  });

  it("gives readers behind the branch what was on the way that was taken", () => {
    const lines = textAfter(thread, (builder, a, b) => chooseAndAsk(builder, { a, b, given: 5n }));
    assert.deepEqual(lines, [
      "b0(%0.a, %1.b):",
      "if eq64 %0.a, 0 then b4(5) else b2(%1.b)",
      "b2(%2.chosen):",
      "if eq64 %2.chosen, 0 then b3() else b4(%2.chosen)",
      "b3():",
      "return -1",
      "b4(%4.chosen):",
      "%3 = mul64 %4.chosen, 3",
      "return %3",
    ]);
  });

  it("knows that addresses and what is reached from them are present", () => {
    const lines = textAfter(thread, (builder, a, b) => {
      const load = { kind: "load", base: a, offset: 0, bytes: 4, signed: false } as const;
      const note = { pointer: true, present: true };
      const start = builder.define({ ...load, memory: "other" }, note);
      const behind = builder.define(binary64("add", start, 14n), { pointer: true });
      chooseAndAsk(builder, { a, b, given: behind });
    });
    assert.equal(lines[3], "if eq64 %0.a, 0 then b4(%3) else b2(%1.b)");
  });

  it("takes no other pointer for present, and no sum for a pointer", () => {
    for (const note of [{ pointer: true }, { present: false }]) {
      const lines = textAfter(thread, (builder, a, b) => {
        const address = builder.define({ kind: "map-address", map: "m" }, { pointer: true });
        const maybe = builder.define(binary64("add", note.pointer ? b : address, 1n), note);
        chooseAndAsk(builder, { a, b, given: maybe });
      });
      assert.equal(lines[3], "if eq64 %0.a, 0 then b2(%3) else b2(%1.b)");
    }
  });

  it("puts the test of a loop that is sure to begin at its end", () => {
    const lines = textAfter(thread, (builder, a) => {
      const [head, body, end] = [builder.block(), builder.block(), builder.block()];
      const [index, sum] = [{ name: "index" }, { name: "sum" }];
      builder.write(index, 0n);
      builder.write(sum, a);
      builder.jump(head);
      builder.current = head;
      const left = builder.read(index);
      builder.branch({ op: "lt", width: 64, left, right: 9n }, { then: body, else: end });
      builder.seal(body);
      builder.current = body;
      builder.write(sum, builder.define(binary64("xor", builder.read(sum), builder.read(index))));
      builder.write(index, builder.define(binary64("add", builder.read(index), 1n)));
      builder.jump(head);
      builder.seal(head);
      builder.seal(end);
      builder.current = end;
      builder.return(builder.read(sum));
    });
    assert.match(lines[1]!, /^jump b2\((0, %0\.a|%0\.a, 0)\)$/);
    assert.equal(lines.filter((line) => line.startsWith("if lt64")).length, 1);
  });
});
