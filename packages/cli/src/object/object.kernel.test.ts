import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync } from "node:fs";
import { release } from "node:os";
import { describe, it } from "node:test";
import { needs } from "ts-ebpf/testing";
import { ExitCode } from "../exit-code.ts";
import { startCommand } from "../testing/command.ts";
import { ProgramFolder } from "../testing/program-folder.ts";

const head = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
`;
const main = `${head}
extern int limit;
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, int); __type(value, long); } seen SEC(".maps");
SEC("xdp") int good(struct xdp_md *ctx) { int key = limit; return bpf_map_lookup_elem(&seen, &key) ? 1 : 2; }
char LICENSE[] SEC("license") = "GPL";`;
const bad = `${head}
int limit = 3;
SEC("xdp") int bad(struct xdp_md *ctx) { return *(char *)(long)ctx->data; }
char LICENSE[] SEC("license") = "GPL";`;

const structs = `${head}
struct tcp_congestion_ops { unsigned (*ssthresh)(void *); char name[16]; };
struct no_such_ops { int (*call)(void); };
SEC("struct_ops/threshold") unsigned threshold(void *context) { return 2; }
SEC(".struct_ops.link") struct tcp_congestion_ops partial = { .ssthresh = (void *)threshold, .name = "partial" };
SEC(".struct_ops.link") struct no_such_ops future = {};
char LICENSE[] SEC("license") = "GPL";`;
const mapsAlone = `${head}
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, int); __type(value, int); } held SEC(".maps");
char LICENSE[] SEC("license") = "GPL";`;
const array = `${head}
SEC("xdp") int next(struct xdp_md *ctx) { return 2; }
struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 2); __uint(key_size, 4);
  __array(values, int (struct xdp_md *));
} ways SEC(".maps") = { .values = { [1] = (void *)&next } };
SEC("xdp") int entry(struct xdp_md *ctx) { bpf_tail_call(ctx, &ways, 1); return 2; }
char LICENSE[] SEC("license") = "GPL";`;

const usable = needs("root", "bpf", "btf", "clang");

/** Compiles C of that name in `folder`; the path of the object. */
function compile(folder: ProgramFolder, name: string, source: string): string {
  const file = folder.write(`${name}.c`, source);
  const headers = `-I/usr/include/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
  const out = `${folder.path}/${name}.o`;
  execFileSync("clang", ["-O2", "-g", "-target", "bpf", headers, "-c", file, "-o", out]);
  return out;
}

describe("object", usable, () => {
  it("links, inspects, and tells which program the kernel refuses and why", async () => {
    using folder = new ProgramFolder();
    const parts = [compile(folder, "main", main), compile(folder, "bad", bad)];
    const out = `${folder.path}/all.o`;
    using link = startCommand(["object", "link", "-o", out, ...parts]);
    assert.equal(await link.ended, ExitCode.ok, link.errors());
    assert.match(link.lines[0] ?? "", /all\.o: [\d,]+ bytes of 2 objects$/);

    using inspect = startCommand(["object", "inspect", out, "--json"]);
    assert.equal(await inspect.ended, ExitCode.ok, inspect.errors());
    const { objects } = JSON.parse(inspect.lines.join("")) as {
      readonly objects: readonly {
        readonly license: string;
        readonly programs: readonly { readonly name: string }[];
        readonly maps: readonly { readonly name: string }[];
      }[];
    };
    assert.deepEqual(objects[0]?.programs.map(({ name }) => name).toSorted(), ["bad", "good"]);
    assert.deepEqual(
      objects[0]?.maps.map(({ name }) => name),
      ["seen"],
    );
    assert.equal(objects[0]?.license, "GPL");

    using load = startCommand(["object", "load", out]);
    assert.equal(await load.ended, ExitCode.failed, load.errors());
    const told = load.lines.join("\n");
    assert.match(told, /^ {2}loads {4}good {2}xdp$/m);
    assert.match(
      told,
      /^ {2}refused {2}bad {2}xdp\n[^]*bad\.c:5:\d+ - error: [^]*invalid access to packet/m,
    );
  });

  it("exits with 0 when all programs load", async () => {
    using folder = new ProgramFolder();
    const out = compile(folder, "main", main.replace("extern int limit", "int limit"));
    using load = startCommand(["object", "load", out, "--json"]);
    assert.equal(await load.ended, ExitCode.ok, load.errors());
    const objects = [{ file: out, programs: [{ name: "good", type: "xdp" }], structOps: [] }];
    assert.deepEqual(JSON.parse(load.lines.join("")), { objects });
  });

  it("does not call refused what privileges are missing for", async () => {
    using folder = new ProgramFolder();
    const out = compile(folder, "main", main.replace("extern int limit", "int limit"));
    chmodSync(folder.path, 0o755);
    const by = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    using load = startCommand(["object", "load", out], { by });
    assert.equal(await load.ended, ExitCode.unavailable, load.errors());
    assert.match(
      load.lines.join("\n"),
      /^ {2}not allowed {2}good {2}xdp\n {6}cannot create map "/m,
    );
    assert.match(load.errors(), /ts-ebpf doctor/);
  });

  it("refuses what does not fit together, and writes nothing", async () => {
    using folder = new ProgramFolder();
    const parts = [compile(folder, "one", main), compile(folder, "two", main)];
    const out = `${folder.path}/all.o`;
    using link = startCommand(["object", "link", "-o", out, ...parts]);
    assert.equal(await link.ended, ExitCode.failed);
    assert.match(link.errors(), /"\w+" is defined twice, in .*one\.o and .*two\.o/);
    assert.ok(!existsSync(out));
  });

  it("inspects maps, variables, settings and what is used of the kernel, and relocates", async () => {
    using folder = new ProgramFolder();
    const source = main.replace("extern int limit", "int limit").replace(
      'SEC("xdp")',
      `struct task_struct { int tgid; int surely_not_there; } __attribute__((preserve_access_index));
         extern int CONFIG_HZ __kconfig __weak;
         extern const void surely_no_symbol __ksym __weak;
         const volatile char prefix[4] = "ab";
         SEC("?raw_tp/sys_enter") int traced(void *ctx) {
           struct task_struct *task = (void *)bpf_get_current_task();
           int seen = 0;
           if (!__builtin_preserve_field_info(task->surely_not_there, 2)) seen = CONFIG_HZ;
           bpf_probe_read_kernel(&seen, 4, &task->tgid);
           return seen + (&surely_no_symbol ? prefix[0] : 0);
         }
         SEC("xdp")`,
    );
    const path = compile(folder, "all", source);
    using command = startCommand(["object", "inspect", path, "--relocations", "--sections"]);
    assert.equal(await command.ended, ExitCode.ok, command.errors());
    const text = command.lines.join("\n");
    for (const line of [
      /^.*all\.o: [\d,]+ bytes, licence GPL, 2 relocations$/m,
      /^ {2}program +traced +raw_tracepoint +section \?raw_tp\/sys_enter, \d+ instructions, only on demand$/m,
      /^ {2}map +seen +hash +8 elements, key s32, value s64$/m,
      /^ {2}variable +limit +s32 +in \.bss$/m,
      /^ {2}constant +prefix +char\[4\] +in \.rodata$/m,
      /^ {2}setting +CONFIG_HZ +int +may be missing$/m,
      /^ {2}of the kernel +surely_no_symbol +address +for traced; may be missing$/m,
      /^ {2}section +\.maps +progbits +32 bytes$/m,
      /^ {2}relocations of traced for this kernel$/m,
      /^ {4}\d+: +field-exists +task_struct\.surely_not_there +1 becomes 0$/m,
      /^ {4}\d+: +field-offset +task_struct\.tgid +0 becomes \d+$/m,
    ]) {
      assert.match(text, line);
    }
    const told = await inspected(path, "--relocations");
    assert.deepEqual(told.relocated[0]?.done.map(({ what, to }) => [what, to]).slice(0, 1), [
      ["task_struct.surely_not_there", 0],
    ]);
    assert.deepEqual(told.settings, [{ name: "CONFIG_HZ", type: "int", weak: true }]);
    assert.deepEqual(told.externs, [
      { name: "surely_no_symbol", kind: "address", weak: true, usedBy: ["traced"] },
    ]);
    assert.ok(told.sections.some(({ name }) => name === ".BTF"));
    using disasm = startCommand(["disasm", path, "--program", "traced", "--asm"]);
    assert.equal(await disasm.ended, ExitCode.ok, disasm.errors());
    const { slot, what } = told.relocated[0]?.done[1] ?? assert.fail("no relocation");
    const line = disasm.lines.find((each) => each.trimStart().startsWith(`${slot}: `));
    assert.ok(line?.endsWith(`; field-offset of ${what}`), line);
  });

  it("goes on behind a file that is wrong, and tells each", async () => {
    using folder = new ProgramFolder();
    const good = compile(folder, "main", main.replace("extern int limit", "int limit"));
    const text = folder.write("text.o", "this is no object");
    const paths = [text, good, "/nowhere.o", good];
    for (const [words, count] of [
      [["inspect"], 2],
      [["load"], 2],
      [["inspect", "--json"], 1],
      [["load", "--json"], 1],
    ] as const) {
      using command = startCommand(["object", ...words, ...paths]);
      assert.equal(await command.ended, ExitCode.failed, command.errors());
      const told = command.lines.filter((line) => line.includes(good) && !line.includes(text));
      assert.equal(told.length, count, command.lines.join("\n"));
      if (count === 1) assert.equal(JSON.parse(told.join("")).objects.length, 2);
      assert.match(command.errors(), /text\.o[^]*there is no file \/nowhere\.o/);
    }
  });

  const [major = 0, minor = 0] = release().split(".").map(Number);
  const hasLinks = major > 6 || (major === 6 && minor >= 4);
  const options = { skip: hasLinks ? false : "Linux has it since 6.4" };
  it("tells of structs of functions, those left out too, and of maps alone", options, async () => {
    using folder = new ProgramFolder();
    const path = compile(folder, "structs", structs);
    using load = startCommand(["object", "load", path]);
    assert.equal(await load.ended, ExitCode.ok, load.errors());
    const told = load.lines.join("\n");
    assert.match(told, /^ {2}loads {5}threshold {2}struct_ops$/m);
    assert.match(told, /^ {2}left out {2}future {2}no_such_ops\n {6}this kernel does not support/m);
    assert.match(
      told,
      /^ {2}loads {5}partial {2}tcp_congestion_ops\n {6}cannot be registered: cannot update/m,
    );
    using json = startCommand(["object", "load", path, "--json"]);
    assert.equal(await json.ended, ExitCode.ok, json.errors());
    const [object] = JSON.parse(json.lines.join("")).objects;
    assert.deepEqual(object.programs, [{ name: "threshold", type: "struct_ops" }]);
    assert.deepEqual(
      object.structOps.map(({ name, ...more }: { readonly name: string }) => [
        name,
        Object.keys(more),
      ]),
      [
        ["partial", ["type", "unregistrable"]],
        ["future", ["type", "leftOut"]],
      ],
    );
    const maps = compile(folder, "maps", mapsAlone);
    using alone = startCommand(["object", "load", maps]);
    assert.equal(await alone.ended, ExitCode.ok, alone.errors());
    assert.match(alone.lines.join("\n"), /^ {2}loads {2}its maps$/m);
    using contents = startCommand(["object", "inspect", maps]);
    assert.equal(await contents.ended, ExitCode.ok, contents.errors());
    assert.match(contents.lines[0] ?? "", /licence GPL/);
  });

  it("loads programs that arrays of programs hold, one by one", async () => {
    using folder = new ProgramFolder();
    const path = compile(folder, "array", array);
    using load = startCommand(["object", "load", path]);
    assert.equal(await load.ended, ExitCode.ok, load.errors());
    assert.deepEqual(load.lines.slice(1).toSorted(), ["  loads  entry  xdp", "  loads  next  xdp"]);
  });

  it("wants --relocations where there is --btf", async () => {
    using inspect = startCommand(["object", "inspect", "x.o", "--btf", "x.btf"]);
    assert.equal(await inspect.ended, ExitCode.failed);
  });

  it("says that there is no such file", async () => {
    using inspect = startCommand(["object", "inspect", "/nowhere.o"]);
    assert.equal(await inspect.ended, ExitCode.failed);
    assert.match(inspect.errors(), /there is no file \/nowhere\.o/);
  });
});

/** What `object inspect --json` tells of one file. */
interface InspectedJson {
  readonly settings: readonly object[];
  readonly externs: readonly object[];
  readonly sections: readonly { readonly name: string }[];
  readonly relocated: readonly {
    readonly done: readonly { readonly slot: number; readonly what: string; readonly to: number }[];
  }[];
}

async function inspected(path: string, ...words: readonly string[]): Promise<InspectedJson> {
  using command = startCommand(["object", "inspect", path, ...words, "--json"]);
  assert.equal(await command.ended, ExitCode.ok, command.errors());
  const { objects } = JSON.parse(command.lines.join("")) as {
    readonly objects: readonly InspectedJson[];
  };
  return objects[0]!;
}
