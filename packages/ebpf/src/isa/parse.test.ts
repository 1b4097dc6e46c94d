import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { MalformedError } from "../base/errors.ts";
import {
  arbitraryInstruction,
  arbitraryLabelledProgram,
  arbitraryNamedInstruction,
} from "../testing/arbitrary/instruction.ts";
import { format } from "./format.ts";
import type { Instruction } from "./instruction.ts";
import { parse } from "./parse.ts";

/** What is read prints as `text` again; `expected` where the notation has a shorter way. */
function check(text: string, expected: string = text): void {
  assert.equal(
    parse(text)
      .map((instruction) => format(instruction))
      .join("; "),
    expected,
  );
}

function checkError(text: string, line: number, column: number, message: string): void {
  assert.throws(
    () => parse(text),
    (error) => {
      assert.ok(error instanceof MalformedError, String(error));
      assert.equal(error.code, "ASSEMBLY_MALFORMED");
      assert.equal(error.message, `line ${line} › column ${column}: ${message}`);
      return true;
    },
  );
}

describe("parse", () => {
  it("reads back any instruction that format prints", () => {
    fc.assert(
      fc.property(arbitraryNamedInstruction(), (instruction) => {
        assert.deepEqual(parse(format(instruction)), [instruction]);
      }),
      { numRuns: 2000 },
    );
  });

  it("reads back any program that format prints", () => {
    fc.assert(
      fc.property(arbitraryLabelledProgram(), (program) => {
        assert.deepEqual(parse(format(program)), program);
      }),
    );
  });

  it("does not care about blanks", () => {
    check("r1=*(u64*)(r6+16)", "r1 = *(u64 *)(r6 +16)");
    check("  if  r1  s>  0x5  goto  pc + 3 ", "if r1 s> 0x5 goto pc+3");
    check("lock*(u32*)(r1+0)|=r2", "lock *(u32 *)(r1 +0) |= r2");
    check("r2=map[id:4][0]+8", "r2 = map[id:4][0]+8");
    check("r0 = * ( u8 * ) skb [ r6 + 2 ]", "r0 = *(u8 *)skb[r6 + 2]");
  });

  it("throws nothing but MalformedError", () => {
    const words = fc.constantFrom(
      ..."r1 w2 r11 = += s>>= if goto pc +3 -1 0x5 99999999999 ( ) * u64 [ ] map call # : ; lock".split(
        " ",
      ),
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(words).map((list) => list.join(" ")),
      arbitraryInstruction().chain((one) => mutated(format(one))),
    );
    fc.assert(
      fc.property(text, (given) => {
        try {
          parse(given);
        } catch (error) {
          if (!(error instanceof MalformedError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});

/** The text with one piece of it replaced. */
function mutated(text: string): fc.Arbitrary<string> {
  const place = fc.nat({ max: text.length });
  return fc
    .tuple(place, place, fc.string({ maxLength: 3 }))
    .map(([from, to, piece]) => text.slice(0, Math.min(from, to)) + piece + text.slice(to));
}

describe("programs as text", () => {
  it("are read as bpftool prints them", () => {
    const dump = `int count(struct pt_regs * ctx):
; u32 key = 0; if (!ctx) goto out:
   0: (18) r2 = map[id:17][0]+4
       18 22 00 00 11 00 00 00 00 00 00 00 04 00 00 00
   2: (85) call bpf_get_current_pid_tgid#-73920
       85 00 00 00 40 df fe ff
   3: (85) call pc+2#bpf_prog_7d8d9e5b7cbb1c1f_sub
   4: (95) exit`;
    assert.deepEqual(parse(dump), [
      { kind: "wide-load", dst: "r2", value: { kind: "map-fd-value", fd: 17, offset: 4 } },
      { kind: "call-helper", id: -73920 },
      { kind: "call-local", target: 2 },
      { kind: "exit" },
    ] satisfies Instruction[]);
  });

  it("may have labels, comments, empty lines", () => {
    const text = `
      ; counts down
      r0 = 10
    again:                ; comes here nine times
      r0 -= 1
      if r0 != 0 goto again
    out: exit
    `;
    assert.deepEqual(parse(text), [
      { kind: "alu", op: "mov", width: 64, dst: "r0", src: 10 },
      { kind: "alu", op: "sub", width: 64, dst: "r0", src: 1, label: "again" },
      { kind: "jump-if", op: "ne", width: 64, dst: "r0", src: 0, target: "again" },
      { kind: "exit", label: "out" },
    ] satisfies Instruction[]);
  });

  it("may have windows line ends", () => check("r0 = 0\r\nexit\r\n", "r0 = 0; exit"));
  it("may be empty", () => assert.deepEqual(parse(""), []));
  it("are frozen", () => assert.ok(parse("exit").every(Object.isFrozen)));
});

describe("numbers", () => {
  it("in decimal digits are moves", () => check("r1 = -5"));
  it("in hexadecimal digits are wide loads, as the kernel prints them", () => check("r1 = 0x5"));
  it("with ll behind are wide loads", () => {
    check("r1 = 5 ll", "r1 = 0x5");
    check("r1 = -1 ll", "r1 = 0xffffffffffffffff");
  });
  it("in hexadecimal digits are moves of half registers", () =>
    check("w1 = 0xffffffff", "w1 = -1"));
  it("compare as signed whatever their digits", () => {
    check("if r1 == -1 goto pc+0", "if r1 == 0xffffffff goto pc+0");
    check("if r1 == 10 goto pc+0", "if r1 == 0xa goto pc+0");
  });
});

describe("calls", () => {
  it("are of helpers where their names are known", () => {
    const findHelperId = (name: string): number | undefined =>
      name === "bpf_ktime_get_ns" ? 5 : undefined;
    assert.deepEqual(parse("call bpf_ktime_get_ns", { findHelperId }), [
      { kind: "call-helper", id: 5 },
    ]);
    assert.deepEqual(parse("call sub", { findHelperId }), [{ kind: "call-local", target: "sub" }]);
  });
  it("are of labels where not", () => check("call bpf_ktime_get_ns"));
});

describe("malformed text", () => {
  it("tells line and column", () =>
    checkError("exit\n  r1 ? 5", 2, 6, 'expected an operator such as = or +=, not "?"'));
  it("has no instruction", () => {
    checkError("  jump", 1, 3, "expected an instruction");
    checkError("5", 1, 1, "expected an instruction");
  });
  it("has too much", () => checkError("exit now", 1, 6, 'expected the end of the line, not "now"'));
  it("ends too early", () => {
    checkError("r1 =", 1, 5, "expected a value, not the end of the line");
    checkError("r1 += ", 1, 7, "expected a number, not the end of the line");
    checkError("goto", 1, 5, "expected pc+ and a number, or a label, not the end of the line");
    checkError("r1 = *(u64 *)(r2", 1, 17, "expected + or - and a number, not the end of the line");
  });
  it("has registers that are none", () => {
    checkError("r11 = 1", 1, 1, 'no register "r11"');
    checkError("*(u64 *)(w1 +0) = 1", 1, 10, 'expected a register r0 to r10, not "w1"');
    checkError("r1 += w2", 1, 7, 'expected a register r0 to r10, not "w2"');
    checkError("if w1 == r2 goto x", 1, 10, 'expected a half register w0 to w10, not "r2"');
  });
  it("has numbers out of range", () => {
    checkError("r1 += 2147483648", 1, 7, "2147483648 is not from -2147483648 to 2147483647");
    checkError("r1 = *(u8 *)(r2 +32768)", 1, 17, "+32768 is not from -32768 to 32767");
    checkError("r1 = 0x10000000000000000", 1, 6, "0x10000000000000000 does not fit into 64 bits");
  });
  it("has sizes that are none", () => {
    checkError("r1 = *(u63 *)(r2 +0)", 1, 8, 'expected a size such as u64, not "u63"');
    checkError("*(s8 *)(r2 +0) = 1", 1, 2, "only a load extends the sign");
    checkError("lock *(u8 *)(r2 +0) += r1", 1, 7, "atomic operations work on u32 and u64 only");
    checkError("w1 = (s32)w2", 1, 7, 'expected s8 or s16, not "s32"');
  });
  it("has different registers where one is meant", () => {
    checkError(
      "r1 = -r2",
      1,
      7,
      "negation is in place: the register must be the same on both sides",
    );
    checkError(
      "r1 = be16 r2",
      1,
      11,
      "swaps are in place: the register must be the same on both sides",
    );
    checkError(
      "r1 = atomic64_xchg((u64 *)(r3 +0), r2)",
      1,
      36,
      "the old value goes to r2, not to r1",
    );
    checkError(
      "r1 = *(u8 *)skb[0]",
      1,
      7,
      "packet loads are r0 = *(u8 *)skb[…], with u8, u16 or u32",
    );
  });
  it("has another opcode than it says", () =>
    checkError("0: (b4) r0 = 0", 1, 4, "this is opcode b7, not b4"));
  it("has two labels in one place", () =>
    checkError("a:\nb: exit", 2, 1, 'this place is called "a" already'));
  it("has a label and nothing to stand before", () =>
    checkError("exit\nend:", 2, 5, 'no instruction after the label "end"'));
  it("is told what may have been meant", () => {
    assert.throws(() => parse("goo x"), { hint: 'did you mean "goto"?' });
    assert.throws(() => parse("r1 = bswap63 r1"), { hint: 'did you mean "bswap64"?' });
  });
});
