import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { parseBtf } from "../btf/btf.ts";
import { sampleBtf } from "../btf/testing-sample.ts";
import { parseBtfExt } from "../btf/ext/sections.ts";
import { readElf } from "../elf/read.ts";
import { findSection, readRelocations, readSymbols } from "../elf/tables.ts";
import { decode } from "../isa/decode.ts";
import { format } from "../isa/format.ts";
import { parse } from "../isa/parse.ts";
import type { CollectionSpec } from "../spec/collection-spec.ts";
import { config } from "../spec/global-spec.ts";
import { hashMap } from "../spec/hash-map.ts";
import { programSpec, type ProgramSpec } from "../spec/program-spec.ts";
import { u32 } from "../layout/integer.ts";
import { relocateProgram } from "../relocate/core.ts";
import { readObject } from "./read/read-object.ts";
import { sampleCollection } from "./testing-sample.ts";
import { writeObject } from "./write.ts";

const bytes = writeObject(sampleCollection);
const file = readElf(bytes, "sample.o");
const symbols = readSymbols(file);

function sectionBytes(name: string): Uint8Array {
  const section = findSection(file, name);
  assert.ok(section !== undefined, `there is no section ${name}`);
  return section.bytes;
}

describe("writeObject", () => {
  it("has a section for each place, and one for each kind of data", () => {
    const names = file.sections.map(({ name }) => name);
    assert.deepEqual(names.slice(1, -5), [
      "xdp",
      ".text",
      "tp_btf/sched_process_exec",
      ".maps",
      ".rodata",
      ".data",
      ".bss",
      "license",
      ".BTF",
      ".BTF.ext",
    ]);
    assert.equal(file.machine, 247);
  });

  it("has each function once, though three programs have them", () => {
    const functions = symbols.filter(({ type }) => type === "function");
    assert.deepEqual(
      functions.map(({ name, binding, value }) => `${name} ${binding} ${value}`),
      [
        "step local 0",
        "half local 16",
        "same local 48",
        "first global 0",
        "second global 216",
        "onExec global 0",
      ],
    );
  });

  it("leaves what loaders fill in to relocations", () => {
    const found = readRelocations(file, findSection(file, "xdp")!).map(
      ({ offset, type, symbol }) => {
        const { name, section } = symbols[symbol]!;
        return `${offset} ${type} ${name === "" ? file.sections[Number(section)]!.name : name}`;
      },
    );
    assert.deepEqual(found.slice(0, 6), [
      "24 1 counts",
      "72 1 .text",
      "112 1 limit",
      "136 1 total",
      "152 1 start",
      "200 10 .text",
    ]);
    const instructions = decode(sectionBytes("xdp").subarray(0, 216));
    assert.match(format(instructions.slice(0, 9)), /r1 = 0x0\n.*\n.*\n.*\n.*\n.*r2 = 0x0$/);
    assert.match(format(instructions), /call pc\+1\n.*exit$/);
  });

  it("has types of maps and variables, also for linkers", () => {
    const btf = parseBtf(sectionBytes(".BTF"));
    const found = [".maps", ".rodata", ".data", ".bss", "license"].map((name) => {
      const { variables } = btf.typeByName(name, "datasec");
      return variables.map(({ type }) => btf.typeById(type).name).join(" ");
    });
    assert.deepEqual(found, ["counts events outer", "limit", "start", "total", "_license"]);
    for (const name of ["first", "onExec", "step"]) assert.ok(btf.findByName(name, "func"));
  });

  it("says functions and lines where the instructions are", () => {
    const btf = parseBtf(sectionBytes(".BTF"));
    const { funcInfo, lineInfo, coreRelos } = parseBtfExt(sectionBytes(".BTF.ext"), btf.strings);
    const functions = [...funcInfo].map(([section, records]) => {
      return [section, ...records.map(({ slot, type }) => `${btf.typeById(type).name} ${slot}`)];
    });
    assert.deepEqual(functions, [
      ["xdp", "first 0", "second 27"],
      [".text", "step 0", "half 2", "same 6"],
      ["tp_btf/sched_process_exec", "onExec 0"],
    ]);
    const lines = lineInfo.get(".text")!.map(({ slot, line, text }) => [slot, line, text]);
    assert.deepEqual(lines.slice(0, 3), [
      [0, 23, "line 23"],
      [1, 24, "line 24"],
      [2, 25, "line 25"],
    ]);
    assert.equal(coreRelos.size, 0);
  });

  it("is the same when it is written again", () =>
    assert.deepEqual(writeObject(sampleCollection), bytes));
});

describe("writeObject refuses", () => {
  const check = (spec: CollectionSpec, message: RegExp): void =>
    assert.throws(
      () => writeObject(spec),
      (error) => {
        assert.ok(error instanceof InvalidArgumentError);
        assert.match(error.message, message);
        return true;
      },
    );
  const xdp = (text: string, license = "GPL"): ProgramSpec =>
    programSpec({ type: "xdp", target: { kind: "none" }, license }, parse(text));

  it("maps and variables that are not there, or not of that kind", () => {
    check(
      { p: xdp("r1 = map[counts]\nexit") },
      /section xdp uses map "counts", which is not there/,
    );
    check({ p: xdp("r1 = map[limit][0]+0\nexit") }, /uses variable "limit", which is not there/);
    const counts = hashMap("counts", u32, u32, 1);
    check({ counts, p: xdp("r1 = map[counts][0]+0\nexit") }, /uses variable "counts"/);
    const limit = config("limit", u32, 1);
    check({ limit, p: xdp("r1 = map[limit]\nexit") }, /uses map "limit"/);
  });

  it("names that are taken", () => {
    const exit = xdp("exit");
    check({ a_b: exit, "a-b": exit }, /two programs are called "a_b"/);
    check({ p: exit, map: hashMap("p", u32, u32, 1) }, /two things are called "p"/);
  });

  it("different licences", () =>
    check({ a: xdp("exit"), b: xdp("exit", "MIT") }, /the programs have "GPL" and "MIT"/));

  it("what depends on a kernel whose types are not known", () => {
    check({ p: xdp("call kernel-function#bpf_f\nexit") }, /what "bpf_f" of the kernel looks like/);
    const core = { kind: "type-size", type: "task_struct" } as const;
    const program = { ...xdp("r0 = 0\nexit"), relocations: [{ index: 0, core }] };
    check({ p: program }, /"p" depends on the kernel/);
  });

  it("functions without instructions, as they are read where none is understood", () => {
    const known = { name: "p", index: 0, parameters: [] };
    const functions = [known, { ...known, name: "odd", index: 1 }];
    check({ p: { ...xdp("exit"), functions } }, /a function of program "p" has no instructions/);
    check({ p: xdp("") }, /a function of program "p" has no instructions/);
  });

  it("programs that are not compiled", () => {
    const program = { ...xdp("exit"), kind: "source-program", code: () => 0 } as const;
    check({ p: program }, /program "p" is not compiled/);
  });
});

const objdump = "llvm-objdump";
const missing = spawnSync(objdump, ["--version"]).status !== 0;

/** One of our lines as LLVM writes it. */
function llvmText(line: string): string {
  return line
    .replace(/^ *\d+: \(..\) /, "")
    .replace(/(?<=\(r\d+) \+(\d)/, " + $1")
    .replace(/(?<=\(r\d+) -(\d)/, " - $1")
    .replace(/call unknown#/, "call ")
    .replace(/call pc\+(\d+)/, "call $1")
    .replace(/call pc-(\d+)/, "call -$1")
    .replace(/^(r\d+ = )0x(\w+)$/, (_, start: string, digits: string) => {
      return `${start}${Number.parseInt(digits, 16)} ll`;
    });
}

describe(objdump, { skip: missing && `${objdump} is not installed` }, () => {
  it("reads the same instructions as we do", () => {
    const folder = mkdtempSync(join(tmpdir(), "object-"));
    try {
      const path = join(folder, "sample.o");
      writeFileSync(path, bytes);
      const { stdout } = spawnSync(objdump, ["-d", "--no-show-raw-insn", path], {
        encoding: "utf8",
      });
      const theirs = stdout.split("\n").flatMap((line) => /^ +\d+:\s+(.*)$/.exec(line)?.[1] ?? []);
      const ours = ["xdp", ".text", "tp_btf/sched_process_exec"].flatMap((name) =>
        format(decode(sectionBytes(name))).split("\n"),
      );
      assert.deepEqual(ours.map(llvmText), theirs);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("an object that depends on the kernel, and is read", () => {
  const kernel = parseBtf(sampleBtf().builder.build(), { path: "kernel" });
  const target = { kind: "none" } as const;
  const field = { struct: "task", path: ["comm", 3] } as const;
  const relocations = [
    { index: 0, core: { kind: "field-offset", field } },
    { index: 1, core: { kind: "type-size", type: "list_head" } },
    { index: 2, core: { kind: "enum-value", type: "state", name: "STOPPED" } },
    { index: 3, core: { kind: "local-type-id", type: "task" } },
    { index: 4, core: { kind: "field-exists", field: { struct: "task", path: ["gone"] } } },
  ] as const;
  const text = "r1 = *(u8 *)(r1 +0)\nr2 = 0\nr3 = 0 ll\nr4 = 0\nr5 = 0\nr0 = 0\nexit";
  const program = { ...programSpec({ name: "p", type: "xdp", target }, parse(text)), relocations };

  const programIn = (object: Uint8Array): ProgramSpec => {
    const found = readObject(object)["p"];
    assert.ok(found?.kind === "program");
    return found;
  };
  const relocated = (spec: ProgramSpec): string =>
    format(relocateProgram(spec, { target: kernel }).instructions.filter((_, at) => at !== 3));

  it("is written again with the types that it has, which stay as they are", () => {
    assert.throws(() => writeObject({ p: program }), /program "p" depends on the kernel/);
    const first = writeObject({ p: program }, { kernel });
    const again = writeObject({ p: programIn(first) });
    assert.equal(relocated(programIn(again)), relocated(programIn(first)));
    const shown = relocated(programIn(again));
    assert.match(shown, /r1 = \*\(u8 \*\)\(r1 \+11\)\n.*r2 = 16\n.*r3 = 0xffffffff\n.*r5 = 0/);
    assert.deepEqual(writeObject({ p: programIn(again) }), again);
    const [, , , local] = programIn(again).relocations ?? [];
    assert.equal(local?.local?.types.typeById(local.local.type).name, "task");
  });
});
