import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { format } from "../../isa/format.ts";
import type { Instruction } from "../../isa/instruction.ts";
import { FunctionBuilder } from "../ir/builder.ts";
import type { MemoryKind, Value } from "../ir/operation.ts";
import { generateFunction } from "../ir/testing-generator.ts";
import { countFunction, sumFunction } from "../ir/testing-samples.ts";
import { compileFunction, type CompileFunctionOptions } from "./compile-function.ts";

function lines(builder: FunctionBuilder, options: CompileFunctionOptions = {}): string[] {
  return format(compileFunction(builder.function, { debug: true, ...options }).instructions)
    .split("\n")
    .map((line) => line.replace(/^ *\d+: /, ""));
}

function start(...parameters: string[]): { builder: FunctionBuilder; a: Value } {
  const builder = new FunctionBuilder("f", parameters);
  return { builder, a: builder.current.parameters[0]! };
}

describe("compileFunction", () => {
  it("makes a loop of four instructions of a loop of four operations", () => {
    assert.equal(
      format(compileFunction(sumFunction()).instructions),
      `sum:
   0: (b7) r2 = 0
   1: (b7) r0 = 0
sum.b2:
   2: (3d) if r2 >= r1 goto sum.b1
sum.b3:
   3: (0f) r0 += r2
   4: (07) r2 += 1
   5: (05) goto sum.b2
sum.b1:
   6: (95) exit`,
    );
  });

  it("keeps in r6 what it loads once and needs after a call", () => {
    const emitted = compileFunction(countFunction());
    assert.equal(emitted.stackBytes, 4);
    assert.equal(
      format(emitted.instructions).replaceAll("unknown", "map_lookup_elem"),
      `count:
   0: (61) r6 = *(u32 *)(r1 +8)
   1: (63) *(u32 *)(r10 -4) = r6
   2: (18) r1 = map[counts]
   4: (bf) r2 = r10
   5: (07) r2 += -4
   6: (85) call map_lookup_elem#1
   7: (15) if r0 == 0x0 goto count.b1
count.b2:
   8: (db) lock *(u64 *)(r0 +0) += r6
   9: (b7) r0 = 0
  10: (95) exit
count.b1:
  11: (b7) r0 = 1
  12: (95) exit`,
    );
  });

  it("stores constants in a context from registers, as older verifiers want it", () => {
    const stored = (memory: MemoryKind): string[] => {
      const { builder, a } = start("context");
      builder.effect({ kind: "store", base: a, offset: 24, bytes: 4, stored: 7n, memory });
      builder.return(0n);
      return lines(builder).slice(1, -2);
    };
    assert.deepEqual(stored("writable-context"), ["(b7) r2 = 7", "(63) *(u32 *)(r1 +24) = r2"]);
    assert.deepEqual(stored("other"), ["(62) *(u32 *)(r1 +24) = 7"]);
  });

  it("extends the sign by shifts before ISA v4", () => {
    const make = (): FunctionBuilder => {
      const { builder, a } = start("a");
      builder.return(builder.define({ kind: "extend", signed: true, bits: 16, operand: a }));
      return builder;
    };
    assert.deepEqual(lines(make(), { isaVersion: 4 }), ["f:", "(bf) r0 = (s16)r1", "(95) exit"]);
    const shifts = ["(bf) r0 = r1", "(67) r0 <<= 48", "(c7) r0 s>>= 48"];
    assert.deepEqual(lines(make(), { isaVersion: 3 }), ["f:", ...shifts, "(95) exit"]);
  });

  it("uses no instruction that the version does not have", () => {
    const isHalf = (instruction: Instruction): boolean =>
      "width" in instruction && instruction.width === 32;
    const isLess = (instruction: Instruction): boolean =>
      instruction.kind === "jump-if" && ["lt", "le", "slt", "sle"].includes(instruction.op);
    const isOfVersion4 = (instruction: Instruction): boolean =>
      instruction.kind === "movsx" ||
      (instruction.kind === "load" && instruction.size.startsWith("s")) ||
      (instruction.kind === "byte-swap" && instruction.order === "bswap");
    check(1, [isHalf, isLess, isOfVersion4]);
    check(2, [isHalf, isOfVersion4]);
    check(3, [isOfVersion4]);

    function check(
      isaVersion: 1 | 2 | 3,
      missing: readonly ((instruction: Instruction) => boolean)[],
    ): void {
      for (let seed = 1; seed <= 40; seed++) {
        const fn = generateFunction(seed, { signedDivision: false });
        const optimize = seed % 2 === 0 ? "none" : "full";
        const { instructions } = compileFunction(fn, { isaVersion, optimize, debug: true });
        for (const isMissing of missing) {
          assert.equal(instructions.find(isMissing), undefined, `seed ${seed}, v${isaVersion}`);
        }
      }
    }
  });

  it("loads constants as short as they are", () => {
    const check = (constant: bigint, expected: string): void => {
      const { builder } = start();
      builder.return(constant);
      assert.equal(lines(builder)[1], expected);
    };
    check(-1n, "(b7) r0 = -1");
    check(0xffff_ffffn, "(b4) w0 = -1");
    check(0x1_0000_0000n, "(18) r0 = 0x100000000");
  });

  it("divides by zero and shifts too far without constants the verifier refuses", () => {
    const divide = start("a");
    const shape = { kind: "binary", width: 32, left: divide.a } as const;
    divide.builder.return(divide.builder.define({ ...shape, op: "div", right: 1n << 32n }));
    assert.ok(lines(divide.builder, { optimize: "none" }).some((line) => /w\d \/= w\d/.test(line)));
    const shift = start("a");
    shift.builder.return(shift.builder.define({ ...shape, left: shift.a, op: "lsh", right: 33n }));
    assert.ok(lines(shift.builder, { optimize: "none" }).includes("(64) w1 <<= 1"));
  });

  it("expects no more than 4 bytes in an exchange of 4", () => {
    const exchange = (bytes: 4 | 8): string[] => {
      const { builder, a } = start("a");
      const expected = 1n << 32n;
      const operation = { kind: "atomic", op: "cmpxchg", bytes, offset: 0, operand: 7n } as const;
      builder.return(builder.define({ ...operation, base: a, expected }));
      return lines(builder);
    };
    assert.ok(exchange(4).includes("(b7) r0 = 0"));
    assert.ok(exchange(8).includes("(18) r0 = 0x100000000"));
  });

  it("notes where kernel fields and constants stand", () => {
    const { builder, a } = start("a");
    const core = { struct: "task_struct", path: ["pid"] };
    const load = { kind: "load", base: a, offset: 8, bytes: 4, signed: false } as const;
    const pid = builder.define({ ...load, memory: "kernel", core });
    const size = { kind: "type-size", type: "task_struct" } as const;
    const right = builder.define({ kind: "core-constant", core: size, value: 9n });
    builder.return(builder.define({ kind: "binary", op: "add", width: 64, left: pid, right }));
    const { relocations, instructions } = compileFunction(builder.function);
    assert.deepEqual(
      relocations.map(({ index, core: { kind } }) => [kind, instructions[index]?.kind]),
      [
        ["field-offset", "load"],
        ["type-size", "alu"],
      ],
    );
  });

  it("carries the place in the source to instructions", () => {
    const { builder } = start();
    builder.source = { file: "f.ts", line: 3, column: 5, text: "return 1;" };
    builder.return(1n);
    const { instructions } = compileFunction(builder.function);
    assert.deepEqual(
      instructions.map(({ source }) => source?.line),
      [3, 3],
    );
  });

  it("refuses to use more stack than there is", () => {
    const { builder } = start();
    const slot = builder.slot("big", 520, 8);
    const address = builder.define({ kind: "slot-address", slot, offset: 0 });
    builder.return(address);
    assert.throws(() => compileFunction(builder.function), {
      code: "INVALID_ARGUMENT",
      message: "f needs 520 bytes of stack, and a function gets 512",
    });
  });
});
