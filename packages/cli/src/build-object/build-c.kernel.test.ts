import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { needs } from "ts-ebpf/testing";
import { ExitCode } from "../exit-code.ts";
import { startCommand } from "../testing/command.ts";
import { ProgramFolder } from "../testing/program-folder.ts";

const source = `#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "own.h"
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, u32); __type(value, u64); } seen SEC(".maps");
SEC("xdp") int pass(struct xdp_md *ctx) { u32 key = 1; int unused; return bpf_map_lookup_elem(&seen, &key) ? 1 : OWN; }
char LICENSE[] SEC("license") = "GPL";
`;

const usable = needs("root", "bpf", "btf", "clang");

/** The command, with a cache of its own. */
function start(
  folder: ProgramFolder,
  ...words: readonly string[]
): ReturnType<typeof startCommand> {
  return startCommand(["build", ...words], { by: ["env", `XDG_CACHE_HOME=${folder.path}/cache`] });
}

describe("build of C", usable, () => {
  it("makes an object and shows warnings", async () => {
    using folder = new ProgramFolder();
    const file = folder.write("pass.bpf.c", source);
    folder.write("node_modules/own.h", "#define OWN 2\n");
    const out = `${folder.path}/made/pass.o`;
    using command = start(folder, file, "-o", out, "-I", `${folder.path}/node_modules`, "--json");
    assert.equal(await command.ended, ExitCode.ok, command.errors());
    assert.match(command.errors(), /pass\.bpf\.c:5:\d+ - warning: unused variable 'unused'/);
    const { programs, maps, bytes } = JSON.parse(command.lines.join("")) as {
      readonly programs: readonly { readonly name: string; readonly type: string }[];
      readonly maps: unknown;
      readonly bytes: number;
    };
    assert.deepEqual(
      programs.map(({ name, type }) => ({ name, type })),
      [{ name: "pass", type: "xdp" }],
    );
    assert.deepEqual(maps, [{ name: "seen", type: "hash", maxEntries: 8 }]);
    assert.equal(readFileSync(out).length, bytes);
  });

  it("tells errors with their places, and writes nothing", async () => {
    using folder = new ProgramFolder();
    const file = folder.write("pass.bpf.c", source);
    const out = `${folder.path}/pass.o`;
    using command = start(folder, file, "-o", out);
    assert.equal(await command.ended, ExitCode.failed);
    assert.match(command.errors(), /pass\.bpf\.c:3:10 - error: 'own\.h' file not found/);
    assert.ok(!existsSync(out));
  });

  it("refuses options of TypeScript", async () => {
    using folder = new ProgramFolder();
    const file = folder.write("pass.bpf.c", source);
    using command = start(folder, file, "--export", "pass");
    assert.equal(await command.ended, ExitCode.usage);
    assert.match(command.errors(), /--export is for programs in TypeScript/);
  });
});
