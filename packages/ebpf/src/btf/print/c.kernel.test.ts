import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { parseBtf, type Btf } from "../btf.ts";
import { BtfBuilder, info } from "../testing-builder.ts";
import { resolveType } from "../resolve.ts";
import type { TypeSource } from "../type-source.ts";
import type { BtfMember, BtfStruct, BtfTypeId, BtfUnion } from "../type.ts";
import { BtfWriter } from "../write/writer.ts";
import { CNames } from "./c-names.ts";
import { printC } from "./c.ts";
import { isComposite } from "./interface-names.ts";

const vmlinux = "/sys/kernel/btf/vmlinux";
const missing = [
  ...(existsSync(vmlinux) ? [] : [vmlinux]),
  ...["clang", "llvm-objcopy", "bpftool"].filter(
    (tool) => spawnSync(tool, ["--version"]).status !== 0,
  ),
];
const skip = missing.length === 0 ? false : `there is no ${missing.join(", no ")}`;

/** Members as text, for comparison: those of unnamed structs count as members of what they are in, gaps do not. */
function membersOf(types: TypeSource, type: BtfStruct | BtfUnion, start = 0): readonly string[] {
  return type.members.flatMap((member) => {
    const at = start + member.bitOffset;
    if (member.name.startsWith("__gap_")) return [];
    if (member.name !== "") return [`${member.name} at ${at}, ${member.bitfieldSize}`];
    const inner = resolveType(types, member.type);
    return isComposite(inner) ? membersOf(types, inner, at) : [];
  });
}

describe("vmlinux.h", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "ts-ebpf-c-"));
  after(() => rmSync(folder, { recursive: true }));
  const file = (name: string): string => join(folder, name);
  const btf = skip === false ? parseBtf(readFileSync(vmlinux), { path: "vmlinux" }) : undefined!;
  const header = btf && printC(btf);
  const names = btf && new CNames(btf);
  const composites =
    btf && [...btf.types("struct"), ...btf.types("union")].filter(({ name }) => name !== "");

  const compile = (text: string, options: readonly string[]): void => {
    writeFileSync(file("test.c"), text);
    const all = ["-target", "bpf", "-DBPF_NO_PRESERVE_ACCESS_INDEX", ...options, file("test.c")];
    const { status, stderr } = spawnSync("clang", all, { encoding: "utf8" });
    assert.equal(status, 0, stderr.slice(0, 2000));
  };

  /** BTF of what was compiled last. */
  const compiledBtf = (): Btf => {
    const section = `--dump-section=.BTF=${file("test.btf")}`;
    const { status } = spawnSync("llvm-objcopy", [section, file("test.o"), "/dev/null"]);
    assert.equal(status, 0);
    return parseBtf(readFileSync(file("test.btf")));
  };

  it("compiles without a warning", () => compile(header, ["-fsyntax-only", "-Werror"]));

  it("has the sizes of the kernel", () => {
    const lines = composites.map(({ id, kind, size }) => {
      const name = names.of(id);
      return `_Static_assert(sizeof(${kind} ${name}) == ${size}, "${name}");\n`;
    });
    assert.ok(lines.length > 5000);
    compile(header + lines.join(""), ["-fsyntax-only"]);
  });

  it("has the members of the kernel where the kernel has them", () => {
    // All with bit-fields, which are what is easily wrong, and some of the others; clang writes BTF of what it made of them.
    const chosen = composites.filter(
      ({ size, members }, index) =>
        size > 0 && (index % 25 === 0 || members.some(({ bitfieldSize }) => bitfieldSize > 0)),
    );
    assert.ok(chosen.length > 500);
    const variables = chosen.map(({ id, kind }, index) => `${kind} ${names.of(id)} v${index};\n`);
    compile(header + variables.join(""), ["-g", "-c", "-o", file("test.o")]);
    const compiled = compiledBtf();
    for (const type of chosen) {
      const theirs = compiled.typeByName(names.of(type.id), type.kind);
      assert.equal(theirs.size, type.size, type.name);
      assert.deepEqual(membersOf(compiled, theirs), membersOf(btf, type), type.name);
    }
  });

  it("is continued by the header of a module, whose structs have the members of the module", () => {
    // No module with BTF is loaded everywhere, so this one is made: names of the kernel's, its types within, a bit-field.
    const writer = new BtfWriter({ base: btf });
    const list = btf.typeByName("list_head", "struct");
    const task = btf.typeByName("task_struct", "struct");
    const u32 = btf.typeByName("unsigned int", "int").id;
    const taskPtr = writer.add({ kind: "ptr", name: "", type: task.id });
    const own = writer.reserve();
    const ownPtr = writer.add({ kind: "ptr", name: "", type: own });
    const at = (name: string, type: BtfTypeId, bitOffset: number, bitfieldSize = 0): BtfMember => ({
      name,
      type,
      bitOffset,
      bitfieldSize,
    });
    // Of the same name as one of the kernel's, and with that inside.
    const members = [
      at("next", ownPtr, 0),
      at("list", list.id, 64),
      at("owner", taskPtr, 192),
      at("flag", u32, 256, 3),
      at("rest", u32, 259, 29),
    ];
    writer.define(own, { kind: "struct", name: "list_head", size: 40, members });
    const module = parseBtf(writer.encode(), { base: btf, path: "module" });
    const text = printC(module, { guard: "MODULE_H" });
    const name = new CNames(module).of(own);
    assert.notEqual(name, "list_head");
    compile(`${header}${text}struct ${name} v;\n`, ["-g", "-c", "-o", file("test.o")]);
    const compiled = compiledBtf();
    const theirs = compiled.typeByName(name, "struct");
    assert.equal(theirs.size, 40);
    assert.deepEqual(
      membersOf(compiled, theirs),
      membersOf(module, module.typeById(own) as BtfStruct),
    );
    assert.equal(compiled.typeByName("list_head", "struct").size, list.size);
  });

  it("has the layouts of other languages and machines, whose names C does not have", () => {
    const builder = new BtfBuilder();
    const int = builder.int("int", 4, 1);
    const [char, long] = [builder.int("char", 4), builder.int("long", 4, 1)];
    const [wide, odd] = [16, 12].map((size) => builder.raw("long double", [info("float"), size]));
    const half = builder.raw("f16", [info("float"), 2]);
    const tag = builder.struct("core::Option<u8>", 8, [
      ["0", int, 0],
      ["_0", char, 32],
    ]);
    const inner = builder.union("", 4, [
      ["default", int, 0],
      ["union", long, 0],
    ]);
    const kind = builder.enum("enum", { auto: 1, "Kind::A": 2 });
    builder.struct("while", 96, [
      ["register", int, 0],
      ["type", half, 32],
      ["a.b", odd!, 64],
      ["a_b", wide!, 256],
      ["", inner, 384],
      ["default", tag, 416],
      ["für", kind, 480],
      ["volatile", char, 512, 7],
    ]);
    builder.reference("typedef", tag, "typeof");
    const types = parseBtf(builder.build());
    compile(
      `${printC(types)}
       #define AT(member, offset) \\
         _Static_assert(__builtin_offsetof(struct while___2, member) == offset, #member)
       AT(register___2, 0); AT(type, 4); AT(a_b, 8); AT(a_b___2, 32); AT(default___2, 48);
       AT(union___2, 48); AT(default___3, 52); AT(default___3._0___2, 56); AT(für, 60);
       _Static_assert(sizeof(struct while___2) == 96, "size");
       _Static_assert(sizeof(typeof___2) == 8, "typedef");
       int value(struct while___2 *all) { return all->volatile___2 + auto___2 + Kind__A; }\n`,
      ["-fsyntax-only", "-Werror"],
    );
  });

  it("defines what bpftool's does", () => {
    const args = ["btf", "dump", "file", vmlinux, "format", "c"];
    const { stdout } = spawnSync("bpftool", args, { encoding: "utf8", maxBuffer: 2 ** 26 });
    const defined = (text: string): ReadonlySet<string> =>
      new Set([...text.matchAll(/^((?:struct|union|enum) \w+) \{$/gm)].map(([, tag]) => tag!));
    const ours = defined(header);
    const theirs = [...defined(stdout)].filter((tag) => !tag.includes("___"));
    assert.ok(theirs.length > 5000);
    assert.deepEqual(
      theirs.filter((tag) => !ours.has(tag)),
      [],
    );
  });
});
