import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as layouts from "../../../layout/index.ts";
import type { AttachTarget } from "../../../spec/program-spec.ts";
import * as builtins from "../../builtins/index.ts";
import { CompileError } from "../../compile-error.ts";
import { compileProgram, type CompiledProgram } from "../../compile-program.ts";
import { testProgram } from "../testing.ts";

const target: AttachTarget = {
  kind: "usdt",
  path: "/bin/true",
  provider: "",
  name: "probe",
  pid: undefined,
};

function compile(text: string): CompiledProgram {
  const options = { type: "kprobe", target } as const;
  return compileProgram(testProgram(text, { ...layouts, ...builtins }, options));
}

describe("the context of USDT probes", () => {
  it("brings the map with descriptions of sites", () => {
    const { maps } = compile("(ctx) => u32(ctx.args[0])");
    assert.deepEqual(
      maps.map(({ name }) => name),
      ["__bpf_usdt_specs"],
    );
  });
  it("brings nothing to programs that do not look at it", () =>
    assert.deepEqual(compile("() => 0").maps, []));

  const refuses = (body: string, message: string, hint: RegExp): void =>
    assert.throws(
      () => compile(`(ctx) => { ${body} }`),
      (error) => {
        assert.ok(error instanceof CompileError);
        const [first] = error.diagnostics;
        assert.equal(first?.message, message);
        assert.match(first.hint ?? "", hint);
        return true;
      },
    );
  it("wants to know which argument is meant", () =>
    refuses(
      "for (let i = 0; i < u32(ctx.cookie); i++) { if (ctx.args[i] > 0n) return 1; } return 0;",
      "which argument is meant has to be known when compiling",
      /ctx\.args\[0\]/,
    ));
  it("has no more arguments than descriptions have", () => {
    refuses("return u32(ctx.args[12]);", "USDT probes have no argument 12", /at most 12/);
    refuses("return u32(ctx.args[-1]);", "USDT probes have no argument -1", /at most 12/);
  });
});
