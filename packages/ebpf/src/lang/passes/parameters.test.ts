import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { removeTrivialParameters } from "./parameters.ts";
import { functionOf, textAfter } from "./testing-pass.ts";
import { printFunction } from "../ir/print.ts";
import { verifyFunction } from "../ir/verify.ts";

describe("removeTrivialParameters", () => {
  it("removes a parameter that always gets the same, or itself", () => {
    const fn = functionOf((builder, a) => {
      const [head, exit] = [builder.block(), builder.block()];
      builder.jump(head);
      builder.current = head;
      builder.branch({ op: "eq", width: 64, left: a, right: 0n }, { then: head, else: exit });
      builder.seal(head);
      builder.seal(exit);
      builder.current = exit;
      builder.return(0n);
    });
    const [entry, head, exit] = fn.blocks;
    const parameter = (fn.values.push({ name: "p" }) -
      1) as (typeof head & {})["parameters"][number];
    head!.parameters.push(parameter);
    if (entry!.terminator.kind === "jump") entry!.terminator.to.arguments.push(7n);
    if (head!.terminator.kind === "branch") head!.terminator.then.arguments.push(parameter);
    exit!.terminator = { kind: "return", result: parameter };
    assert.equal(removeTrivialParameters(fn), true);
    verifyFunction(fn);
    const lines = printFunction(fn)
      .split("\n")
      .map((line) => line.trim());
    assert.deepEqual(lines.slice(2), [
      "jump b1()",
      "b1():",
      "if eq64 %0.a, 0 then b1() else b2()",
      "b2():",
      "return 7",
    ]);
  });

  it("keeps parameters that are a choice", () => {
    const lines = textAfter(removeTrivialParameters, (builder, a) => {
      const [then, after, variable] = [builder.block(), builder.block(), { name: "v" }];
      builder.write(variable, 1n);
      builder.branch({ op: "eq", width: 64, left: a, right: 0n }, { then, else: after });
      builder.seal(then);
      builder.current = then;
      builder.write(variable, 2n);
      builder.jump(after);
      builder.seal(after);
      builder.current = after;
      builder.return(builder.read(variable));
    });
    assert.ok(lines.includes("b2(%2.v):"));
  });
});
