import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { parseBtf } from "../btf/btf.ts";
import { sampleBtf } from "../btf/testing-sample.ts";
import { BtfWriter } from "../btf/write/writer.ts";
import type { Instruction, SourceLine } from "../isa/instruction.ts";
import type { CoreRelocation } from "../spec/core-relocation.ts";
import { program } from "../spec/program.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import { describePrograms, type ProgramRecords } from "./describe-program.ts";
import { programBtf } from "./program-btf.ts";

/** See `testing-sample.ts` for what is in it. */
const types = parseBtf(sampleBtf().builder.build());

const at = (line: number, column = 1): SourceLine => ({
  file: "src/a.ts",
  line,
  column,
  text: `line ${line}`,
});
const mov = (source?: SourceLine): Instruction => ({
  kind: "alu",
  op: "mov",
  width: 64,
  dst: "r0",
  src: 0,
  ...(source && { source }),
});
const wide: Instruction = { kind: "wide-load", dst: "r1", value: 0n };

function spec(instructions: readonly Instruction[], more: Partial<ProgramSpec> = {}): ProgramSpec {
  return { ...program("xdp", instructions), name: "main", ...more };
}

/** The records of one program, and the BTF they belong to. */
function described(
  program: ProgramSpec,
): ProgramRecords & { readonly btf: ReturnType<typeof parseBtf> } {
  const writer = new BtfWriter();
  const [records] = describePrograms(writer, [program], { types });
  return { ...records!, btf: parseBtf(writer.encode()) };
}

describe("describePrograms", () => {
  const lines = (program: ProgramSpec) =>
    described(program).lineInfo.map(({ slot, line, column }) => `${slot}: ${line}:${column}`);

  it("has a line wherever line or column changes, counted in slots", () => {
    const instructions = [
      mov(at(1)),
      wide,
      mov(at(1)),
      mov(at(1, 2)),
      mov(),
      mov(at(2)),
      mov(at(1)),
    ];
    assert.deepEqual(lines(spec(instructions)), ["0: 1:1", "4: 1:2", "6: 2:1", "7: 1:1"]);
  });

  it("has a line at the start of each function, from further on if need be", () => {
    const functions = [0, 2, 4].map((index) => ({ name: `f${index}`, index, parameters: [] }));
    const instructions = [mov(), mov(at(3)), mov(at(3)), mov(at(3)), mov()];
    assert.deepEqual(lines(spec(instructions, { functions })), ["0: 3:1", "2: 3:1", "4: 0:0"]);
  });

  it("has no lines when nobody told any, and no functions either", () => {
    const { funcInfo, lineInfo } = described(spec([mov(), wide]));
    assert.deepEqual([funcInfo, lineInfo], [[], []]);
  });

  it("names functions and their parameters, all static", () => {
    const { btf, funcInfo } = described(
      spec([wide, mov(), mov()], {
        functions: [
          { name: "$helper", index: 2, parameters: [{ name: "größe", type: "u64" }] },
          { name: "main", index: 0, parameters: [{ name: "ctx", type: "pointer" }] },
        ],
      }),
    );
    assert.deepEqual(
      funcInfo.map(({ slot, type }) => [slot, btf.typeById(type).name]),
      [
        [0, "main"],
        [3, "_helper"],
      ],
    );
    assert.ok([...btf.types("func")].every(({ linkage }) => linkage === "static"));
    assert.deepEqual(
      [...btf.types("func_proto")].map(({ id }) => btf.describe(id)),
      ["int (void *ctx)", "int (unsigned long long gr__e)"],
    );
  });

  it("finds functions by their calls when only lines are told", () => {
    const instructions: Instruction[] = [
      { kind: "call-local", target: "callee", source: at(1) },
      { kind: "wide-load", dst: "r1", value: { kind: "function", target: 1 } },
      { kind: "exit" },
      { ...mov(), label: "callee" },
      { kind: "exit" },
    ];
    const { btf, funcInfo } = described(spec(instructions));
    assert.deepEqual(
      funcInfo.map(({ slot, type }) => `${slot} ${btf.typeById(type).name}`),
      ["0 main", "3 function_3", "4 callee"],
    );
  });

  it("has for each struct only the members that are needed, and the way to them in numbers", () => {
    const field = (...path: (string | number)[]): CoreRelocation => ({
      kind: "field-offset",
      field: { struct: "task", path },
    });
    const cores: CoreRelocation[] = [
      field("tail", 2),
      field("load", 1, "avg"),
      field("b"),
      field("pid"),
      { kind: "type-size", type: "list_head" },
      { kind: "enum-value", type: "state", name: "STOPPED" },
      { kind: "enum-value", type: "signed_state", name: "DOWN" },
      { kind: "field-exists", field: { struct: "task", path: ["new", "x", 4] } },
    ];
    const { btf, coreRelos } = described(
      spec(
        cores.map(() => mov()),
        { relocations: cores.map((core, index) => ({ index, core })) },
      ),
    );
    assert.deepEqual(
      coreRelos.map(
        ({ slot, type, access, kind }) => `${slot} ${btf.describe(type)} ${access} ${kind}`,
      ),
      [
        "0 struct task 0:4:2 field-offset",
        "1 struct task 0:2:1:0 field-offset",
        "2 struct task 0:3 field-offset",
        "3 struct task 0:0 field-offset",
        "4 struct list_head 0 type-size",
        "5 enum state 0 enum-value",
        "6 enum signed_state 0 enum-value",
        "7 struct task 0:1:0:4 field-exists",
      ],
    );
    const task = btf.typeByName("task", "struct");
    assert.deepEqual(
      task.members.map(({ name, bitOffset }) => `${name} ${bitOffset}`),
      ["pid 0", "new 0", "load 192", "b 480", "tail 640"],
    );
    assert.equal(task.size, 80);
    assert.deepEqual(btf.typeByName("list_head", "struct").members, []);
    assert.equal(btf.typeByName("state").kind, "enum64");
    assert.equal(btf.enumValue("DOWN"), -1);
  });

  it("shares types among programs, and knows all members before it numbers them", () => {
    const writer = new BtfWriter();
    const one = (member: string): ProgramSpec =>
      spec([mov(at(1))], {
        relocations: [
          { index: 0, core: { kind: "field-offset", field: { struct: "task", path: [member] } } },
        ],
      });
    const [first, second] = describePrograms(writer, [one("comm"), one("pid")], { types });
    assert.equal(first?.coreRelos[0]?.access, "0:1");
    assert.equal(second?.coreRelos[0]?.access, "0:0");
    assert.equal(first?.coreRelos[0]?.type, second?.coreRelos[0]?.type);
    assert.deepEqual(first?.funcInfo, second?.funcInfo);
  });

  it("refuses a way through a pointer", () =>
    assert.throws(
      () =>
        described(
          spec([mov()], {
            relocations: [
              {
                index: 0,
                core: { kind: "field-offset", field: { struct: "task", path: ["parent", "pid"] } },
              },
            ],
          }),
        ),
      (error) =>
        error instanceof InvalidArgumentError &&
        /no way to "pid" in parent\.pid/.test(error.message),
    ));
});

describe("programBtf", () => {
  it("is nothing for a program that says nothing about itself", () =>
    assert.equal(programBtf(spec([mov()])), undefined));

  it("makes the instructions agree with its own types when the kernel shall relocate", () => {
    const relocations = [
      { index: 1, core: { kind: "field-offset", field: { struct: "task", path: ["comm"] } } },
      { index: 2, core: { kind: "field-exists", field: { struct: "task", path: ["nothing"] } } },
    ] as const;
    const given = spec([mov(at(1)), mov(), mov()], { relocations });
    const kernels = programBtf(given, { types });
    const numbers = kernels?.instructions.map(
      (instruction) => "src" in instruction && instruction.src,
    );
    assert.deepEqual(numbers, [0, 8, 1]);
    assert.equal(kernels?.coreRelos?.bytes.length, 2 * 16);
    const plain = programBtf(given);
    assert.equal(plain?.coreRelos, undefined);
    assert.deepEqual(plain?.instructions, given.instructions);
  });
});
