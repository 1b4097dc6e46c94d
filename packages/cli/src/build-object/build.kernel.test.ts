import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { needs } from "ts-ebpf/testing";
import { ExitCode } from "../exit-code.ts";
import { startCommand } from "../testing/command.ts";
import { countingSource, ProgramFolder } from "../testing/program-folder.ts";

const withoutRights = ["setpriv", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all"];

const usable = needs("root", "bpf", "btf", "bpftool");

describe("build", usable, () => {
  it("makes an object that bpftool loads", async () => {
    using folder = new ProgramFolder();
    const file = folder.write("count.ts", countingSource());
    const out = `${folder.path}/made/count.o`;
    // Building needs no rights; what is built is loaded with them.
    using command = startCommand(["build", file, "-o", out], { by: withoutRights });
    assert.equal(await command.ended, ExitCode.ok, command.errors());
    assert.match(command.lines[0]!, /count\.o: [\d,]+ bytes$/);
    assert.match(command.lines[1]!, /^ {2}program  onCall +raw_tracepoint  \d+ instructions$/);
    const script = `
      mount -t bpf bpf "$1" && mkdir "$1/maps" &&
      bpftool prog loadall "$0" "$1/programs" pinmaps "$1/maps" &&
      bpftool -j prog show pinned "$1/programs/onCall" && ls "$1/maps"`;
    const mounted = folder.write("unused", "");
    execFileSync("sh", ["-c", 'rm "$0" && mkdir "$0"', mounted]);
    const shown = execFileSync("unshare", ["--mount", "sh", "-c", script, out, mounted], {
      encoding: "utf8",
    });
    const [program = "", ...maps] = shown.trimEnd().split("\n");
    const { type, name } = JSON.parse(program) as { readonly type: string; readonly name: string };
    assert.deepEqual({ type, name }, { type: "raw_tracepoint", name: "onCall" });
    assert.ok(maps.includes("calls") && maps.includes("counts"), shown);
  });

  it("tells programs what it made", async () => {
    using folder = new ProgramFolder();
    const file = folder.write("count.ts", countingSource());
    const out = `${folder.path}/count.o`;
    using command = startCommand(["build", file, "--json", "--out", out, "--isa", "v2"]);
    assert.equal(await command.ended, ExitCode.ok, command.errors());
    const { programs, ...rest } = JSON.parse(command.lines.join("\n")) as {
      readonly programs: readonly { readonly name: string; readonly instructions: number }[];
    };
    assert.equal(programs[0]!.name, "onCall");
    assert.ok(programs[0]!.instructions > 10);
    assert.deepEqual(rest, {
      file: out,
      bytes: readFileSync(out).length,
      maps: [
        { name: "calls", type: "ringbuf", maxEntries: 65_536 },
        { name: "counts", type: "hash", maxEntries: 16 },
        { name: "target", type: "array", maxEntries: 1 },
      ],
    });
  });

  it("tells all that is wrong at once, and leaves the old object", async () => {
    using folder = new ProgramFolder();
    const source = `
      import { xdp } from "ts-ebpf";
      export const one = xdp(() => { "use bpf"; return [1].length; });
      export const two = xdp(() => { "use bpf"; return {}; });
    `;
    const file = folder.write("bad.ts", source);
    const out = `${folder.path}/bad.o`;
    writeFileSync(out, "old");
    using command = startCommand(["build", file, "-o", out]);
    assert.equal(await command.ended, ExitCode.failed);
    assert.match(command.errors(), /bad\.ts:3:/);
    assert.match(command.errors(), /bad\.ts:4:/);
    assert.equal(readFileSync(out, "utf8"), "old");
    assert.ok(!existsSync(`${out}.${command.process.pid}.tmp`));
  });
});
