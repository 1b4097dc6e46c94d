import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { parseBtf } from "ts-ebpf/btf";
import { needs } from "ts-ebpf/testing";
import { ExitCode } from "../exit-code.ts";
import { startCommand } from "../testing/command.ts";
import { ProgramFolder } from "../testing/program-folder.ts";

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
