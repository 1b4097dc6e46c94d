import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { parseBtf, type Btf } from "../btf/btf.ts";
import { BtfWriter, encodeBtf } from "../btf/write/writer.ts";
import type { Instruction, SourceLine } from "../isa/instruction.ts";
import { LocalTypes } from "../relocate/local-types.ts";
import type { CoreField, CoreRelocation } from "../spec/core-relocation.ts";
import { program } from "../spec/program.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import { tpBtf } from "../spec/tracepoint.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import { VerifierError } from "../verifier/verifier-error.ts";
import { kernelBtf } from "./kernel-btf.ts";
import { loadProgram } from "./load.ts";

const kernel = openNativeKernel();

const line = (number: number, text: string): SourceLine => ({
  file: "src/example.ts",
  line: number,
  column: 3,
  text,
});

/** An XDP program of two functions that returns 3, with lines. */
const twoFunctions: ProgramSpec = {
  ...program("xdp", [
    { kind: "alu", op: "mov", width: 64, dst: "r1", src: 1, source: line(4, "add(1, 2)") },
    { kind: "wide-load", dst: "r2", value: 2n, source: line(4, "add(1, 2)") },
    { kind: "call-local", target: "add", source: line(5, "return sum;") },
    { kind: "exit", source: line(5, "return sum;") },
    { kind: "alu", op: "mov", width: 64, dst: "r0", src: "r1", label: "add" },
    { kind: "alu", op: "add", width: 64, dst: "r0", src: "r2", source: line(9, "return a + b;") },
    { kind: "exit", source: line(9, "return a + b;") },
  ]),
  name: "two_functions",
  functions: [
    { name: "onPacket", index: 0, parameters: [{ name: "ctx", type: "pointer" }] },
    {
      name: "add",
      index: 4,
      parameters: [
        { name: "a", type: "u64" },
        { name: "b", type: "u64" },
      ],
    },
  ],
};

/** Bytes of a packet that programs are run on. */
const data = new Uint8Array(64);

function bpftool(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync("bpftool", args, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return stdout;
}

describe("a program with functions and lines", needs("root", "bpf"), () => {
  it("runs", () => {
    using loaded = loadProgram(kernel, twoFunctions);
    assert.equal(loaded.run({ data }).returnValue, 3);
  });

  it("is shown by bpftool with its lines and functions", needs("bpftool"), () => {
    using loaded = loadProgram(kernel, twoFunctions);
    const text = bpftool("prog", "dump", "xlated", "id", String(loaded.id), "linum");
    assert.match(text, /int onPacket\(struct xdp_md \*\s*ctx\):/);
    assert.match(text, /; add\(1, 2\) \[file:src\/example\.ts line_num:4 line_col:3\]/);
    assert.match(text, /int add\(unsigned long long a, unsigned long long b\):/);
    assert.match(text, /; return a \+ b; \[file:src\/example\.ts line_num:9 line_col:3\]/);
  });

  it("has its lines in the verifier's log", () => {
    const [first, ...rest] = twoFunctions.instructions;
    const broken = [
      first!,
      { ...rest[0]!, kind: "load", size: "u64", dst: "r0", base: "r1", offset: 0 },
    ];
    const spec = { ...twoFunctions, instructions: [...broken, ...rest.slice(1)] as Instruction[] };
    assert.throws(
      () => loadProgram(kernel, spec),
      (error) =>
        error instanceof VerifierError &&
        /; add\(1, 2\)( @ example\.ts:4)?$/m.test(error.log.join("\n")),
    );
  });

  it("gets functions from calls when it has only lines", () => {
    const { functions: _, ...spec } = twoFunctions;
    using loaded = loadProgram(kernel, spec);
    assert.equal(loaded.run({ data }).returnValue, 3);
  });
});

/** An XDP program that returns what a relocation puts into it; a wide load also takes values of 64 bits. */
function returning(core: CoreRelocation): ProgramSpec {
  return {
    ...program("xdp", [{ kind: "wide-load", dst: "r0", value: 1n }, { kind: "exit" }]),
    name: "returning",
    functions: [{ name: "returning", index: 0, parameters: [] }],
    relocations: [{ index: 0, core }],
  };
}

const field = (struct: string, ...path: readonly (string | number)[]): CoreField => ({
  struct,
  path,
});

describe("CO-RE relocation", needs("root", "bpf", "btf"), () => {
  const btf = kernelBtf(kernel);
  const offset = (struct: string, path: string): number => btf.member(struct, path).offset;
  const cases: readonly (readonly [CoreRelocation, number])[] = [
    [{ kind: "field-offset", field: field("task_struct", "tgid") }, offset("task_struct", "tgid")],
    [
      { kind: "field-offset", field: field("task_struct", "se", "vruntime") },
      offset("task_struct", "se.vruntime"),
    ],
    [
      { kind: "field-offset", field: field("sock", "__sk_common", "skc_daddr") },
      offset("sock", "__sk_common.skc_daddr"),
    ],
    [
      { kind: "field-offset", field: field("task_struct", "comm", 5) },
      offset("task_struct", "comm[5]"),
    ],
    [{ kind: "field-offset", field: field("atomic_t", "counter") }, 0],
    [
      { kind: "field-offset", field: field("task_struct___mine", "pid") },
      offset("task_struct", "pid"),
    ],
    [{ kind: "field-size", field: field("task_struct", "comm") }, 16],
    [{ kind: "field-exists", field: field("task_struct", "pid") }, 1],
    [{ kind: "field-exists", field: field("task_struct", "nothing") }, 0],
    [{ kind: "field-exists", field: field("task_struct", "nothing", "at", 3) }, 0],
    [{ kind: "field-exists", field: field("no_struct", "nothing") }, 0],
    [{ kind: "type-exists", type: "task_struct" }, 1],
    [{ kind: "type-exists", type: "no_struct" }, 0],
    [{ kind: "type-size", type: "list_head" }, 16],
    [{ kind: "type-size", type: "atomic_t" }, 4],
    [
      { kind: "enum-value", type: "bpf_map_type", name: "BPF_MAP_TYPE_RINGBUF" },
      Number(btf.enumValue("BPF_MAP_TYPE_RINGBUF")),
    ],
    [{ kind: "enum-exists", type: "bpf_map_type", name: "BPF_MAP_TYPE_RINGBUF" }, 1],
    [{ kind: "enum-exists", type: "bpf_map_type", name: "BPF_MAP_TYPE_NONE" }, 0],
    [{ kind: "enum-exists", type: "no_enum", name: "NOTHING" }, 0],
  ];
  const skewed = skew(
    btf,
    cases.map(([core]) => core),
  );

  for (const [core, expected] of cases) {
    it(`answers ${JSON.stringify(core)}`, () => {
      using here = loadProgram(kernel, returning(core));
      assert.equal(here.run({ data }).returnValue, expected, "by the library");
      using there = loadProgram(kernel, returning(core), new Map(), { types: btf });
      assert.equal(there.run({ data }).returnValue, expected, "by the kernel");
      using from = loadProgram(kernel, returning(core), new Map(), { types: skewed });
      assert.equal(from.run({ data }).returnValue, expected, "by the kernel, from other types");
    });
  }

  it("makes all of one program", () => {
    const cores = cases.map(([core]) => core);
    const sum: Instruction[] = cores.flatMap((_, index) => [
      { kind: "wide-load", dst: "r1", value: BigInt(index) },
      { kind: "alu", op: "add", width: 64, dst: "r0", src: "r1" },
    ]);
    const spec: ProgramSpec = {
      ...returning(cores[0]!),
      instructions: [
        { kind: "alu", op: "mov", width: 64, dst: "r0", src: 0 },
        ...sum,
        { kind: "exit" },
      ],
      relocations: cores.map((core, index) => ({ index: 1 + 2 * index, core })),
    };
    const expected = cases.reduce((total, [, value]) => total + value, 0);
    using loaded = loadProgram(kernel, spec, new Map(), { types: skewed });
    assert.equal(loaded.run({ data }).returnValue, expected);
  });

  it("moves the loads of a program, whoever does it", needs("bpftool"), () => {
    const fields = [field("task_struct", "tgid"), field("task_struct", "real_parent")];
    const spec: ProgramSpec = {
      ...tpBtf("sched_process_exec", [
        { kind: "load", size: "u64", dst: "r1", base: "r1", offset: 0 },
        { kind: "load", size: "u32", dst: "r0", base: "r1", offset: 4 },
        { kind: "load", size: "u64", dst: "r1", base: "r1", offset: 8 },
        { kind: "alu", op: "mov", width: 64, dst: "r0", src: 0 },
        { kind: "exit" },
      ]),
      name: "moved",
      functions: [{ name: "moved", index: 0, parameters: [{ name: "ctx", type: "pointer" }] }],
      relocations: fields.map((field, at) => ({
        index: 1 + at,
        core: { kind: "field-offset", field },
      })),
    };
    const cores = spec.relocations!.map(({ core }) => core);
    const shown = [undefined, btf, skew(btf, cores)].map((types) => {
      using loaded = loadProgram(kernel, spec, new Map(), { types });
      return bpftool("prog", "dump", "xlated", "id", String(loaded.id));
    });
    assert.match(
      shown[0]!,
      new RegExp(`r0 = \\*\\(u32 \\*\\)\\(r1 \\+${offset("task_struct", "tgid")}\\)`),
    );
    assert.deepEqual(shown, [shown[0], shown[0], shown[0]]);
  });

  it("lets programs that cannot work be refused, unless that part is never reached", () => {
    const core: CoreRelocation = { kind: "field-offset", field: field("task_struct", "nothing") };
    for (const types of [undefined, skew(btf, [core])]) {
      assert.throws(
        () => loadProgram(kernel, returning(core), new Map(), { types }),
        (error) => error instanceof VerifierError && /195896080/.test(error.message),
      );
      const guarded: ProgramSpec = {
        ...returning(core),
        instructions: [
          { kind: "alu", op: "mov", width: 64, dst: "r0", src: 1 },
          { kind: "jump-if", op: "eq", width: 64, dst: "r0", src: 0, target: "without" },
          { kind: "exit", label: "without" },
        ],
        relocations: [
          { index: 0, core: { kind: "field-exists", field: field("task_struct", "nothing") } },
        ],
      };
      using loaded = loadProgram(kernel, guarded, new Map(), { types });
      assert.equal(loaded.run({ data }).returnValue, 0);
    }
  });
});

/** Types like those in `btf`, as far as `cores` need them, with every member 8 bytes further on. */
function skew(btf: Btf, cores: readonly CoreRelocation[]): Btf {
  const writer = new BtfWriter();
  const local = new LocalTypes(writer, btf);
  for (const reference of cores.map((core) => local.add(core))) reference();
  const types = writer.types().map((type) => {
    if (type.kind !== "struct") return type;
    const members = type.members.map((member) => ({ ...member, bitOffset: member.bitOffset + 64 }));
    return { ...type, size: type.size + 8, members };
  });
  return parseBtf(encodeBtf(types));
}
