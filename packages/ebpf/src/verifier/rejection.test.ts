import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { logLines, parseRejection, type Rejection } from "./rejection.ts";
import { missingNullCheck, olderLog, structuredLog } from "./testing-logs.ts";

function parse(log: string): Rejection {
  return parseRejection(logLines(log));
}

describe("logLines", () => {
  it("leaves out empty lines and what is behind the end of the text", () =>
    assert.deepEqual(logLines("a\n\n  \nb\n\0garbage\n"), ["a", "b"]));

  it("separates what the kernel prints without a newline", () => {
    const check = (line: string, ...expected: readonly string[]): void =>
      assert.deepEqual(logLines(line), expected);
    check(
      "expected prog array map for tail callprocessed 3 insns (limit 1000000) max",
      "expected prog array map for tail call",
      "processed 3 insns (limit 1000000) max",
    );
    check(
      "5: (85) call bpf_loop#181 8: frame1: R1=scalar() R10=fp0 cb",
      "5: (85) call bpf_loop#181",
      "8: frame1: R1=scalar() R10=fp0 cb",
    );
    check(
      "2: (a5) if r6 < 0xa goto pc-2 infinite loop detected at insn 1",
      "2: (a5) if r6 < 0xa goto pc-2",
      "infinite loop detected at insn 1",
    );
    check("0: R1=ctx() R10=fp0", "0: R1=ctx() R10=fp0");
  });
});

describe("parseRejection", () => {
  it("tells what was wrong, where, and how it came there", () => {
    const rejection = parse(missingNullCheck);
    assert.deepEqual(rejection.messages, ["R0 invalid mem access 'map_value_or_null'"]);
    assert.equal(rejection.instruction, 6);
    assert.equal(rejection.instructionText, "r1 = *(u64 *)(r0 +0)");
    assert.deepEqual(rejection.path, [0, 1, 3, 4, 5, 6]);
    assert.deepEqual(rejection.source, {
      kind: "source",
      text: "v.value += 1n;",
      file: "counter.ts",
      line: 9,
    });
    assert.equal(rejection.diagnostic, undefined);
  });

  it("knows registers before the instruction, and that calls clear arguments", () => {
    const { registers } = parse(missingNullCheck);
    assert.deepEqual([...registers.keys()], ["r10", "fp-8", "r0"]);
    assert.equal(registers.get("r0")?.fields.get("map"), "counts");
  });

  it("goes back with the verifier to the branch it takes up", () => {
    const rejection = parse(olderLog);
    assert.deepEqual(rejection.path, [0, 1, 3]);
    assert.deepEqual(rejection.messages, ["R9 !read_ok"]);
    assert.equal(rejection.registers.get("r1")?.type, "scalar");
  });

  it("keeps the registers of functions apart", () => {
    const { registers, path } = parse(`0: R1=ctx() R10=fp0
0: (85) call pc+2
caller:
 R10=fp0
callee:
 frame1: R1=ctx() R10=fp0
3: (b7) r0 = 7 ; frame1: R0=7
4: (95) exit
returning from callee:
 frame1: R0=7 R1=ctx() R10=fp0
to caller at 1:
 R0=7 R10=fp0
1: (bf) r0 = r1
R1 !read_ok`);
    assert.deepEqual(path, [0, 3, 4, 1]);
    assert.deepEqual([...registers.keys()], ["r0", "r10"]);
  });

  it("starts anew where a global function is verified", () => {
    const { path, registers } = parse(`0: R1=ctx() R10=fp0
0: (b7) r0 = 0 ; R0=0
1: (95) exit
Validating f() func#1...
4: R1=scalar() R10=fp0
4: (61) r0 = *(u32 *)(r1 +0)
R1 invalid mem access 'scalar'`);
    assert.deepEqual(path, [4]);
    assert.deepEqual([...registers.keys()], ["r1", "r10"]);
  });

  it("finds the instruction that a message about the program's shape names", () => {
    const at = (message: string): number | undefined => parse(message).instruction;
    assert.equal(at("unreachable insn 12"), 12);
    assert.equal(at("back-edge from insn 7 to 3"), 7);
    assert.equal(at("jump out of range from insn 5 to 99"), 5);
    assert.equal(at("last insn is not an exit or jmp"), undefined);
    assert.equal(at("1: (15) if r0 == 0x0 goto pc-1\ninfinite loop detected at insn 0"), 0);
  });

  it("keeps several messages in order, and where something was acquired", () => {
    const { messages, origin } = parse(`6: (95) exit
Unreleased reference id=2 alloc_insn=4
BPF_EXIT instruction in main prog would lead to reference leak`);
    assert.equal(messages.length, 2);
    assert.match(messages[0]!, /^Unreleased/);
    assert.equal(origin, 4);
  });

  it("forgets messages that the verifier went on after", () =>
    assert.deepEqual(parse("func 'f' arg0 has btf_id 1\n1: (95) exit\nR0 !read_ok").messages, [
      "R0 !read_ok",
    ]));

  it("reads the reports of 7.3 and later beside the message", () => {
    const { messages, diagnostic, instruction } = parse(structuredLog);
    assert.deepEqual(messages, ["R0 invalid mem access 'map_value_or_null'"]);
    assert.equal(diagnostic?.problem, "Invalid dereference");
    assert.equal(instruction, 0);
  });

  it("takes the report's words when there is no message", () => {
    const report = structuredLog.slice(structuredLog.indexOf("Verification failed"));
    const { messages, instruction } = parse(report);
    assert.deepEqual(messages, ["Invalid dereference"]);
    assert.equal(instruction, 6);
  });

  it("has no reason in an empty log, or one of statistics", () => {
    for (const log of ["", "\0", "processed 0 insns (limit 1000000) max_states_per_insn 0"]) {
      const { messages, instruction, path } = parse(log);
      assert.deepEqual([messages, instruction, path], [[], undefined, []]);
    }
  });
});

describe("parseRejection on damaged logs", () => {
  const logs = [missingNullCheck, olderLog, structuredLog];

  it("does not throw wherever a log begins or ends", () => {
    for (const log of logs) {
      for (let cut = 0; cut <= log.length; cut++) {
        assert.ok(parse(log.slice(0, cut)).messages.length <= 4);
        assert.ok(parse(log.slice(cut)).messages.length <= 4);
      }
    }
  });

  it("does not throw on any text", () => {
    const line = fc.oneof(fc.string(), fc.constantFrom(...logs.flatMap((log) => log.split("\n"))));
    const text = fc.oneof(
      fc.string(),
      fc.array(line).map((lines) => lines.join("\n")),
    );
    fc.assert(
      fc.property(text, (log) => {
        const { messages, path, instruction } = parse(log);
        assert.ok(messages.length <= 4);
        assert.ok(path.every(Number.isInteger));
        assert.ok(instruction === undefined || Number.isInteger(instruction));
      }),
      { numRuns: 500 },
    );
  });

  it("reads the longest log that a kernel writes in a moment", () => {
    const loop = `2: (a5) if r6 < 0x989680 goto pc-2    ; R6=scalar(umin=3,umax=0xff,var_off=(0x0; 0xff))
1: (07) r6 += 1                       ; R6=scalar(umin=4,umax=0xff,var_off=(0x0; 0xff))
from 2 to 1: R0=0 R6=7 R10=fp0
`;
    const text = loop.repeat(Math.ceil((1 << 24) / loop.length));
    const started = performance.now();
    assert.equal(parse(`${text}R1 !read_ok`).messages[0], "R1 !read_ok");
    assert.ok(performance.now() - started < 5000, "slower than five seconds");
  });
});
