import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { type LogLine, parseLine } from "./log-line.ts";

function check(line: string, expected: LogLine): void {
  assert.deepEqual(parseLine(line), expected);
}

const noise = { kind: "noise" } as const;

describe("parseLine", () => {
  it("knows instructions, with and without the state behind them", () => {
    const instruction = { kind: "instruction", slot: 8, text: "r1 = *(u64 *)(r0 +0)" } as const;
    check("8: (79) r1 = *(u64 *)(r0 +0)", { ...instruction, state: "" });
    check("8: (79) r1 = *(u64 *)(r0 +0)     ; R1_w=scalar() R0=map_value(ks=4,vs=8)", {
      ...instruction,
      state: "R1_w=scalar() R0=map_value(ks=4,vs=8)",
    });
  });

  it("knows states, with their frame and place", () => {
    check("0: R1=ctx() R10=fp0", { kind: "state", frame: 0, state: "R1=ctx() R10=fp0" });
    check(" R0_w=inv(id=0) R10=fp0", { kind: "state", frame: 0, state: "R0_w=inv(id=0) R10=fp0" });
    check(" frame1: R1=scalar() R10=fp0", {
      kind: "state",
      frame: 1,
      state: "R1=scalar() R10=fp0",
    });
    check("8: frame2: R1=0", { kind: "state", frame: 2, state: "R1=0" });
    check("12: fp-8_w=mmmmmmmm", { kind: "state", frame: 0, state: "fp-8_w=mmmmmmmm" });
  });

  it("knows where a branch is taken up", () => {
    const branch = { kind: "branch", from: 5, to: 8, frame: 0 } as const;
    check("from 5 to 8: R0=0 R10=fp0", { ...branch, state: "R0=0 R10=fp0" });
    check("from 5 to 8 (speculative execution): R0=0", { ...branch, state: "R0=0" });
    check("from 5 to 8: frame1: R0=0", { ...branch, frame: 1, state: "R0=0" });
    check("from 5 to 8: ", { ...branch, state: "" });
  });

  it("knows lines of source, with the file since 6.9", () => {
    check("; v.value += 1n;", {
      kind: "source",
      text: "v.value += 1n;",
      file: undefined,
      line: undefined,
    });
    check('; const a = "x @ y"; @ src/a b.ts:19', {
      kind: "source",
      text: 'const a = "x @ y";',
      file: "src/a b.ts",
      line: 19,
    });
  });

  it("passes over what says nothing", () => {
    check("8: safe", noise);
    check("from 5 to 8: safe", noise);
    check("mark_precise: frame0: last_idx 9 first_idx 0", noise);
    check("func#1 @4", noise);
    check("cur state: R0=0 R1=ctx() R10=fp0", noise);
    check("processed 9 insns (limit 1000000) max_states_per_insn 0", { kind: "statistics" });
    check("verification time 53 usec", { kind: "statistics" });
    check("Validating f() func#1...", { kind: "start" });
    check("callee:", { kind: "switch" });
    check("to caller at 5:", { kind: "switch" });
  });

  it("takes all else for a message, above all one that begins like something known", () => {
    const message = (text: string): void => check(text, { kind: "message", text });
    message("R6 !read_ok");
    message("R1 type=scalar expected=fp");
    message("from insn 3 to 1");
    message("1 is the number");
    message("8: (zz) r0 = 0");
    message("99999999999: (95) exit");
    message("");
  });

  it("never throws", () => {
    const start = fc.constantFrom("", "8: (95) ", "8: ", "from 1 to 2: ", "; ", " frame1: ", "R0=");
    fc.assert(
      fc.property(start, fc.string(), (head, tail) => {
        assert.ok(parseLine(head + tail).kind.length > 0);
      }),
    );
  });
});
