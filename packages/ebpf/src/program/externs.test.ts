import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { program } from "../spec/program.ts";
import { withExterns } from "./externs.ts";

const symbols = `ffffffff81000010 T one
ffffffff81000020 t twice
ffffffff81000030 t twice
ffffffff81000040 d lto.llvm.123
ffffffffc0000050 b inside\t[module]
0000000000000000 A percpu
0000000000000000 T hidden
`;
const kernel = { readFile: () => new TextEncoder().encode(symbols) } as unknown as Kernel;

function found(name: string, weak = false): unknown {
  const load = { kind: "wide-load", dst: "r1", value: { kind: "variable", name } } as const;
  const externs = [{ name, kind: "address", weak }] as const;
  const spec = { ...program("xdp", [load, { kind: "exit" }], { name: "uses" }), externs };
  const [first] = withExterns(kernel, spec).spec.instructions;
  return first?.kind === "wide-load" ? first.value : first;
}

describe("withExterns", () => {
  it("puts addresses in", () => {
    assert.equal(found("one"), 0xffff_ffff_8100_0010n);
    assert.equal(found("lto"), 0xffff_ffff_8100_0040n);
    assert.equal(found("inside"), 0xffff_ffff_c000_0050n);
    assert.equal(found("percpu"), 0n);
  });

  it("puts zero in for what is weak and missing", () => {
    assert.equal(found("on", true), 0n);
  });

  it("refuses what is missing, hidden, or there several times", () => {
    const check = (name: string, text: RegExp) =>
      assert.throws(
        () => found(name),
        (error) => error instanceof InvalidArgumentError && text.test(error.message),
      );
    check("on", /program "uses" uses "on", which the kernel does not have/);
    check("hidden", /hides/);
    check("twice", /several/);
  });
});
