import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { type BtfTypeId, BtfWriter, encodeBtf, parseBtf } from "ts-ebpf/btf";
import { needs } from "ts-ebpf/testing";
import { ExitCode } from "../exit-code.ts";
import { startCommand } from "../testing/command.ts";
import { ProgramFolder } from "../testing/program-folder.ts";
import { TypeScriptProject } from "../testing/typescript-project.ts";

const kernel = "/sys/kernel/btf/vmlinux";

async function printed(...words: readonly string[]): Promise<string> {
  using command = startCommand(["btf", ...words]);
  assert.equal(await command.ended, ExitCode.ok, command.errors());
  return command.lines.join("\n");
}

function refused(...words: readonly string[]): Promise<string> {
  return endedWith(ExitCode.failed, words);
}

/** What is said of a command line that cannot be meant. */
function misused(...words: readonly string[]): Promise<string> {
  return endedWith(ExitCode.usage, words);
}

async function endedWith(exitCode: ExitCode, words: readonly string[]): Promise<string> {
  using command = startCommand(["btf", ...words]);
  assert.equal(await command.ended, exitCode, command.errors());
  assert.deepEqual(command.lines, []);
  return command.errors();
}

describe("btf dump", needs("btf"), () => {
  it("shows a type as C, and nothing else", async () => {
    const text = await printed("dump", "file", kernel, "--type", "list_head");
    assert.match(
      text,
      /^struct list_head \{\n\tstruct list_head \*next;\n\tstruct list_head \*prev;/m,
    );
    assert.doesNotMatch(text, /task_struct/);
  });
  it("shows a type as TypeScript, and nothing else", async () => {
    const text = await printed("dump", "file", kernel, "--type", "list_head", "--format", "ts");
    assert.match(text, /^interface list_head \{\n {2}\w* ?next: /m);
    assert.doesNotMatch(text, /task_struct/);
  });
  it("ends well when nobody reads on", () => {
    const launcher = `${import.meta.dirname}/../../bin/ts-ebpf.js`;
    const line = `"$0" "$1" btf dump file ${kernel} --format raw | head -1; echo \${PIPESTATUS[0]}`;
    const text = execFileSync("bash", ["-c", line, process.execPath, launcher], {
      encoding: "utf8",
    });
    assert.match(text, /^\[1\] \w+ .*\n0\n$/);
  });
  it("says what is wrong", async () => {
    assert.match(await refused("dump", "file", "/nowhere"), /there is no file \/nowhere/);
    assert.match(await refused("dump", "file", import.meta.filename), /this is not BTF/);
    assert.match(await misused("dump", "id", "x"), /"x" is not a number/);
    const unknown = ["--type", "list_hed"] as const;
    assert.match(await refused("dump", "file", kernel, ...unknown), /list_hed[^]*list_head/);
    assert.match(
      await misused("dump", "file", kernel, ...unknown, "--format", "raw"),
      /--type does not go with --format raw/,
    );
  });
});

const source = `
struct task_struct { int pid; } __attribute__((preserve_access_index));
static struct task_struct *(*const current)(void) = (void *)35;
__attribute__((section("raw_tp/sys_enter"), used)) int probe(void *ctx) { return current()->pid; }
char LICENSE[] __attribute__((section("license"), used)) = "GPL";`;

describe("btf of modules", needs("btf", "clang"), () => {
  const int = { kind: "int", name: "int", size: 4, bits: 32, bitOffset: 0 } as const;
  const signed = { ...int, encoding: "signed" } as const;
  /** What a module that was built apart has: of a struct of the kernel name and size, and a pointer to it. */
  function sections(): readonly [base: Uint8Array, own: Uint8Array] {
    const lists = { kind: "struct", name: "list_head", size: 16, members: [] } as const;
    const base = encodeBtf([signed, lists]);
    const writer = new BtfWriter({ base: parseBtf(base) });
    const list = 2 as BtfTypeId;
    const member = { name: "list", type: list, bitOffset: 0, bitfieldSize: 0 } as const;
    writer.add({ kind: "struct", name: "own_of_module", size: 16, members: [member] });
    return [base, writer.encode()];
  }

  it("is shown with what it needs of the kernel's, also when the module brings that along", async () => {
    using folder = new ProgramFolder();
    const [object, base, own] = ["module.o", "base", "own"].map((name) => `${folder.path}/${name}`);
    execFileSync("clang", ["-target", "bpf", "-x", "c", "-c", "/dev/null", "-o", object!]);
    for (const [index, path] of [base!, own!].entries()) writeFileSync(path, sections()[index]!);
    const added = ["--add-section", `.BTF=${own}`, "--add-section", `.BTF.base=${base}`];
    execFileSync("llvm-objcopy", [...added, object!]);
    const alone = await printed("dump", "file", object!, "--format", "raw");
    assert.match(alone, /^\[3\] STRUCT 'own_of_module'/m);
    const header = await printed("dump", "file", object!, "--base", kernel);
    assert.match(header, /^#ifndef __BTF_MODULE_O_H__$/m);
    assert.match(
      header,
      /struct list_head \*next;[^]*struct own_of_module \{\n\tstruct list_head list;/,
    );
    assert.match(await refused("dump", "file", own!), /split BTF[^]*read with its base/);

    using project = new TypeScriptProject();
    const declared = await printed("dump", "file", object!, "--base", kernel, "--format", "ts");
    project.write("module.d.ts", declared);
    project.write(
      "use.ts",
      `import type { KernelType } from "ts-ebpf/types";
       export const next = (own: KernelType<"own_of_module">) => own.list.next.prev;
       export const none = (own: KernelType<"own_of_module">) => own.list.nxt;\n`,
    );
    const { errors, output } = project.check();
    assert.deepEqual(errors, ["use.ts:3 TS2551"], output);
  });
});

describe("btf of object files", needs("btf", "clang"), () => {
  it("is shown, and picked out of the kernel's", async () => {
    using folder = new ProgramFolder();
    const [file, out] = [folder.write("probe.c", source), `${folder.path}/probe.o`];
    execFileSync("clang", ["-O2", "-g", "-target", "bpf", "-c", file, "-o", out]);
    assert.match(await printed("dump", "file", out, "--format", "raw"), /^\[\d+\] FUNC 'probe' /m);
    const { types } = JSON.parse(await printed("dump", "file", out, "--format", "json")) as {
      readonly types: readonly { readonly name: string }[];
    };
    assert.ok(types.some(({ name }) => name === "probe"));

    const small = `${folder.path}/small.btf`;
    const told = JSON.parse(await printed("min", "-o", small, out, "--json")) as object;
    const bytes = readFileSync(small);
    assert.deepEqual(told, { file: small, bytes: bytes.length, relocations: 1, for: [out] });
    const picked = parseBtf(bytes).member("task_struct", "pid").offset;
    assert.equal(picked, parseBtf(readFileSync(kernel)).member("task_struct", "pid").offset);
    assert.ok(bytes.length < 4096);
  });
});
