import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { compileC } from "ts-ebpf/compiler";
import { needs } from "ts-ebpf/testing";
import { ExitCode } from "../exit-code.ts";
import { startCommand } from "../testing/command.ts";
import { ProgramFolder } from "../testing/program-folder.ts";

const source = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct task_struct { int tgid; } __attribute__((preserve_access_index));
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, int); __type(value, long); } counts SEC(".maps");
long total;
static __noinline int helper(int x) { total += x; return x; }
SEC("raw_tp/sys_enter") int first(void *ctx) {
  struct task_struct *task = (void *)bpf_get_current_task();
  int key = 0, value = 0;
  bpf_map_lookup_elem(&counts, &key);
  bpf_probe_read_kernel(&value, 4, &task->tgid);
  return helper(value);
}
SEC("?xdp") int second(struct xdp_md *ctx) { return XDP_PASS; }
char LICENSE[] SEC("license") = "GPL";`;

/** What the command shows of an object file, or of its source. */
async function shown(
  words: readonly string[],
  { name = "disasm", of = "object" } = {},
): Promise<readonly string[]> {
  using folder = new ProgramFolder({ library: "none" });
  const c = folder.write("programs.c", source);
  const object = `${folder.path}/programs.o`;
  writeFileSync(object, (await compileC(c)).object);
  using command = startCommand([name, of === "object" ? object : c, ...words]);
  assert.equal(await command.ended, ExitCode.ok, command.errors());
  return command.lines;
}

describe("disasm", needs("btf", "clang"), () => {
  it("shows all programs beside their lines, and what is relocated", async () => {
    const lines = await shown([]);
    const titles = lines.filter((line) => /^\w.* instructions$/.test(line));
    assert.match(titles[0]!, /^first {2}raw_tracepoint {2}sys_enter {2}\d+ instructions$/);
    assert.match(titles[1]!, /^second {2}xdp {2}.*2 instructions$/);
    assert.ok(
      lines.some((line) => /: call bpf_get_current_task#35 +│ 8 {2}struct task/.test(line)),
    );
    assert.ok(lines.some((line) => / = map\[counts\]/.test(line)));
    assert.ok(lines.some((line) => / = map\[total\]\[0\]\+0/.test(line)));
    assert.ok(lines.some((line) => /= 0 {2}; field-offset of task_struct\.tgid/.test(line)));
    assert.ok(lines.includes("helper:"));
  });

  it("tells what clang warns of", async () => {
    using folder = new ProgramFolder({ library: "none" });
    const c = folder.write("programs.c", source.replace("int key = 0,", "int spare, key = 0,"));
    using command = startCommand(["disasm", c, "--program", "second"]);
    assert.equal(await command.ended, ExitCode.ok, command.errors());
    assert.match(command.errors(), /programs\.c:9:\d+ - warning: unused variable 'spare'/);
    assert.match(command.lines.join("\n"), /^second {2}xdp/m);
  });

  it("shows a program as bpftool does, under both names of the command, from C as from its object", async () => {
    const words = ["--program", "first", "--asm"];
    const lines = await shown(words);
    assert.match(lines.join("\n"), /^ +\d+: \(85\) call bpf_probe_read_kernel#113$/m);
    assert.match(lines.join("\n"), /\(b7\) r\d = 0 {2}; field-offset of task_struct\.tgid$/m);
    assert.ok(!lines.join("\n").includes("second"));
    assert.deepEqual(await shown(words, { name: "dump" }), lines);
    assert.deepEqual(await shown(words, { of: "source" }), lines);
  });

  it("tells programs everything", async () => {
    const [text = ""] = await shown(["--json"]);
    const { programs } = JSON.parse(text) as { readonly programs: readonly Program[] };
    assert.deepEqual(
      programs.map(({ name }) => name),
      ["first", "second"],
    );
    const [first] = programs as [Program];
    assert.deepEqual(first.maps, ["counts", "total"]);
    assert.deepEqual(
      first.functions.map(({ name }) => name),
      ["first", "helper"],
    );
    const relocated = first.instructions.filter(({ relocation }) => relocation !== undefined);
    assert.deepEqual(
      relocated.map(({ relocation }) => relocation),
      ["field-offset of task_struct.tgid"],
    );
    assert.equal(first.instructions[0]!.source?.line, 8);
  });

  it("ends quietly when nobody reads on", () => {
    using folder = new ProgramFolder({ library: "none" });
    const c = folder.write("programs.c", source);
    const launcher = new URL("../../bin/ts-ebpf.js", import.meta.url).pathname;
    const words = [
      "-o",
      "pipefail",
      "-c",
      '"$0" "$@" | head -1',
      process.execPath,
      launcher,
      "dump",
      c,
    ];
    const output = execFileSync("bash", words, { encoding: "utf8" });
    assert.match(output, /^first {2}raw_tracepoint/);
  });

  const refuses = async (
    words: readonly string[],
    message: RegExp,
    exitCode: ExitCode = ExitCode.usage,
  ): Promise<void> => {
    using folder = new ProgramFolder({ library: "none" });
    const c = folder.write("programs.c", source);
    using command = startCommand(["disasm", c, ...words]);
    assert.equal(await command.ended, exitCode);
    assert.match(command.errors(), message);
    assert.deepEqual(command.lines, []);
  };
  it("says which programs there are", () =>
    refuses(
      ["--program", "frist"],
      /no program "frist"\n {2}hint: it has first, second/,
      ExitCode.failed,
    ));
  it("refuses what is for TypeScript", async () => {
    await refuses(["--ir"], /--ir is for programs in TypeScript/);
    await refuses(["--optimize", "none"], /--optimize is for programs in TypeScript/);
  });
});

interface Program {
  readonly name: string;
  readonly maps: readonly string[];
  readonly functions: readonly { readonly name: string }[];
  readonly instructions: readonly {
    readonly relocation?: string;
    readonly source?: { readonly line: number };
  }[];
}
