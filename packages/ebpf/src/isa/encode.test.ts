import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { hex } from "../base/bytes.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import {
  arbitraryInstruction,
  arbitraryLabelledProgram,
  arbitraryProgram,
} from "../testing/arbitrary/instruction.ts";
import { decode } from "./decode.ts";
import { encode, type EncodeOptions } from "./encode.ts";
import { format } from "./format.ts";
import type { Address, Instruction, Target } from "./instruction.ts";
import { placesOf } from "./places.ts";

const exit: Instruction = { kind: "exit" };
const wide = { kind: "wide-load", dst: "r1", value: 5n } as const;
const jump = (target: Target): Instruction => ({ kind: "jump", target });
const load = (value: Address): Instruction => ({ kind: "wide-load", dst: "r1", value });
const labelled = (label: string, instruction: Instruction): Instruction => ({
  ...instruction,
  label,
});

/** The instructions as they come back from their bytes, in text. */
function resolved(instructions: readonly Instruction[], options?: EncodeOptions): string[] {
  return decode(encode(instructions, options)).map((instruction) => format(instruction));
}

function checkError(
  instructions: readonly Instruction[],
  message: string,
  hint?: string,
  options?: EncodeOptions,
): void {
  assert.throws(
    () => encode(instructions, options),
    (error) => {
      assert.ok(error instanceof InvalidArgumentError, String(error));
      assert.equal(error.message, message);
      assert.equal(error.hint, hint);
      return true;
    },
  );
}

describe("encode", () => {
  it("encodes nothing as no bytes", () => assert.equal(encode([]).length, 0));

  it("comes back from its bytes", () => {
    fc.assert(
      fc.property(arbitraryInstruction(), fc.constantFrom("little", "big"), (one, byteOrder) => {
        assert.deepEqual(decode(encode([one], { byteOrder }), { byteOrder }), [one]);
      }),
      { numRuns: 1000 },
    );
  });

  it("comes back from its bytes as a program", () => {
    fc.assert(
      fc.property(arbitraryProgram(), (program) => {
        assert.deepEqual(decode(encode(program)), program);
      }),
    );
  });

  it("keeps the aim of every labelled jump", () => {
    fc.assert(
      fc.property(arbitraryLabelledProgram(), (program) => {
        const { starts, labels } = placesOf(program);
        for (const [index, instruction] of decode(encode(program)).entries()) {
          const given = program[index]!;
          if (!("target" in given) || typeof given.target !== "string") continue;
          assert.ok("target" in instruction && typeof instruction.target === "number");
          assert.equal(starts[index]! + 1 + instruction.target, labels.get(given.target));
        }
      }),
    );
  });
});

describe("labels", () => {
  it("count a wide load as two slots", () =>
    assert.deepEqual(resolved([jump("end"), wide, labelled("end", exit)]), [
      "goto pc+2",
      "r1 = 0x5",
      "exit",
    ]));
  it("can lie behind", () =>
    assert.deepEqual(resolved([labelled("top", wide), jump("top")]), ["r1 = 0x5", "goto pc-3"]));
  it("can be the next instruction and the same one", () =>
    assert.deepEqual(
      resolved([labelled("here", jump("here")), jump("end"), labelled("end", exit)]),
      ["goto pc-1", "goto pc+0", "exit"],
    ));
  it("are what calls and references to functions go to", () =>
    assert.deepEqual(
      resolved([
        { kind: "call-local", target: "sub" },
        load({ kind: "function", target: "sub" }),
        exit,
        labelled("sub", exit),
      ]),
      ["call pc+3", "r1 = subprog[+2]", "exit", "exit"],
    ));
  it("must exist", () =>
    checkError(
      [jump("ent"), labelled("end", exit)],
      'instruction 0 (goto ent): no label "ent"',
      'did you mean "end"?',
    ));
  it("must be unique, and the message counts slots", () =>
    checkError(
      [wide, labelled("x", wide), labelled("x", exit)],
      'instruction 4: label "x" stands before instruction 2 already',
      "give one of them another name",
    ));
});

describe("distances", () => {
  const far = (slots: number): Instruction[] => Array.from({ length: slots }, () => exit);

  it("reach 32767 slots forward", () =>
    assert.equal(
      resolved([jump("end"), ...far(32767), labelled("end", exit)])[0],
      "goto pc+32767",
    ));
  it("reach no further", () =>
    checkError(
      [jump("end"), ...far(32768), labelled("end", exit)],
      "instruction 0 (goto end): the jump is 32768 slots far, and cannot go further than 32767",
      "jump to a long jump nearby (gotol, Linux 6.6)",
    ));
  it("of long jumps reach further", () =>
    assert.equal(
      resolved([{ kind: "long-jump", target: "end" }, ...far(40000), labelled("end", exit)])[0],
      "gotol pc+40000",
    ));
  it("do not end inside of a wide load", () =>
    checkError(
      [exit, jump(1), wide, exit],
      "instruction 1 (goto pc+1): jumps into the middle of the wide load at instruction 2",
      "a wide load counts as two; use a label",
    ));
  it("may end outside, in a program of which this is a part", () =>
    assert.deepEqual(resolved([jump(7)]), ["goto pc+7"]));
});

describe("names", () => {
  const indexes = new Map([
    ["counts", 0],
    ["events", 2],
  ]);
  const map = (name: string): number | undefined => indexes.get(name);

  it("of maps become indexes", () =>
    assert.deepEqual(
      resolved(
        [
          load({ kind: "map", name: "events" }),
          load({ kind: "map-value", name: "counts", offset: 24 }),
        ],
        { map },
      ),
      ["r1 = map[index:2]", "r1 = map[index:0][0]+24"],
    ));
  it("of maps take source registers 5 and 6", () => {
    const bytes = encode(
      [
        load({ kind: "map", name: "events" }),
        load({ kind: "map-value", name: "events", offset: 1 }),
      ],
      { map, byteOrder: "little" },
    );
    assert.equal(hex(bytes), "1851000002000000000000000000000018610000020000000000000001000000");
  });
  it("of kernel variables and functions become BTF ids", () =>
    assert.deepEqual(
      resolved(
        [
          load({ kind: "variable", name: "runqueues" }),
          { kind: "call-kfunc", function: "bpf_task_acquire" },
        ],
        {
          variable: (name) => (name === "runqueues" ? { id: 7, object: 9 } : undefined),
          kfunc: (name) => (name === "bpf_task_acquire" ? { id: 8, module: 3 } : undefined),
        },
      ),
      ["r1 = btf[id:7,object:9]", "call kernel-function#8@3"],
    ));
  it("must be known", () => {
    const none = { map: () => undefined, variable: () => undefined };
    checkError(
      [exit, load({ kind: "map", name: "event" })],
      'instruction 1 (r1 = map[event]): no map "event"',
      "tell encode what maps stand for",
      none,
    );
    checkError(
      [load({ kind: "map-value", name: "events", offset: 0 })],
      'instruction 0 (r1 = map[events][0]+0): no map "events"',
      "tell encode what maps stand for",
    );
    checkError(
      [load({ kind: "variable", name: "v" })],
      'instruction 0 (r1 = btf[v]): no kernel variable "v"',
      "tell encode what kernel variables stand for",
      none,
    );
    checkError(
      [{ kind: "call-kfunc", function: "f" }],
      'instruction 0 (call kernel-function#f): no kernel function "f"',
      "tell encode what kernel functions stand for",
    );
  });
  it("are told about by whoever knows them", () =>
    checkError(
      [exit, load({ kind: "map", name: "event" })],
      'instruction 1 (r1 = map[event]): program "p" has no map "event"',
      'did you mean "events"?',
      {
        map: (name) => {
          throw new InvalidArgumentError(`program "p" has no map "${name}"`, {
            hint: 'did you mean "events"?',
          });
        },
      },
    ));
});

describe("ranges", () => {
  const add = (src: number): Instruction => ({ kind: "alu", op: "add", width: 64, dst: "r1", src });
  const store = (offset: number): Instruction => ({
    kind: "store",
    size: "u64",
    base: "r10",
    offset,
    src: "r1",
  });
  const number = "number X is not a whole number from -2147483648 to 2147483647";

  it("of numbers are 32 bits with a sign", () => {
    assert.deepEqual(resolved([add(2 ** 31 - 1), add(-(2 ** 31))]), [
      "r1 += 2147483647",
      "r1 += -2147483648",
    ]);
    for (const [value, text] of [
      [2 ** 31, "2147483648"],
      [-(2 ** 31) - 1, "-2147483649"],
      [1.5, "1.5"],
      [Number.NaN, "NaN"],
    ] as const) {
      checkError(
        [add(value)],
        `instruction 0 (r1 += ${text}): ${number.replace("X", text)}`,
        "load it with a wide load first",
      );
    }
  });
  it("of offsets are 16 bits with a sign", () => {
    checkError(
      [exit, store(32768)],
      "instruction 1 (*(u64 *)(r10 +32768) = r1): offset 32768 is not a whole number from -32768 to 32767",
      "add to the base register first",
    );
  });
  it("of wide loads are 64 bits with or without a sign", () => {
    const bytes = (value: bigint): string => hex(encode([{ ...wide, value }]));
    assert.equal(bytes(-1n), bytes(2n ** 64n - 1n));
    for (const value of [2n ** 64n, -(2n ** 63n) - 1n]) {
      assert.throws(() => bytes(value), /does not fit into 64 bits/);
    }
  });
  it("of address spaces are 16 bits", () =>
    checkError(
      [{ kind: "addr-space-cast", dst: "r1", src: "r2", to: 65536, from: 0 }],
      "instruction 0 (r1 = addr_space_cast(r2, 65536, 0)): address space 65536 is not a number from 0 to 65535",
    ));
  it("of sign-extending moves of 32 bits end at 16", () =>
    checkError(
      [{ kind: "movsx", width: 32, from: "s32", dst: "r1", src: "r2" }],
      "instruction 0 (w1 = (s32)w2): a move of 32 bits cannot extend the sign of 32 bits",
      "use the 64-bit form, or a plain move",
    ));
});

describe("things that types forbid", () => {
  it("are told: registers", () =>
    checkError(
      [{ kind: "negate", width: 64, dst: "r11" as "r1" }],
      'instruction 0 (r11 = -r11): no register "r11"',
      "registers are r0 to r10",
    ));
  it("are told: kinds", () =>
    checkError(
      [{ kind: "exits" } as unknown as Instruction],
      'instruction 0 (unknown exits): no instruction of kind "exits"',
      'did you mean "exit"?',
    ));
});
