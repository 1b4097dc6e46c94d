import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
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

const usable = { ...needs("root", "bpf", "btf", "clang"), timeout: 60_000 };

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
    assert.deepEqual(objects[0]?.maps.map(({ name }) => name).toSorted(), ["limit", "seen"]);
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
    const objects = [{ file: out, programs: [{ name: "good", type: "xdp" }] }];
    assert.deepEqual(JSON.parse(load.lines.join("")), { objects });
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

  it("says that there is no such file", async () => {
    using inspect = startCommand(["object", "inspect", "/nowhere.o"]);
    assert.equal(await inspect.ended, ExitCode.failed);
    assert.match(inspect.errors(), /there is no file \/nowhere\.o/);
  });
});
