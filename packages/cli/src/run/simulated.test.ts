import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ExitCode } from "../exit-code.ts";
import { startCommand } from "../testing/command.ts";
import { countingSource, ProgramFolder } from "../testing/program-folder.ts";

const input = [
  { task: { pid: 7, tid: 7 }, fire: "rawTracepoint", with: ["sys_enter", [0, 1]] },
  { afterNs: 5, fire: "rawTracepoint", with: ["sys_enter", [0, 2]] },
  { task: { pid: 8, tid: 8 }, fire: "rawTracepoint", with: ["sys_enter", [0, 3]] },
];

describe("run --sim", { timeout: 300_000 }, () => {
  it("runs programs on what a file says, without privileges", async () => {
    using folder = new ProgramFolder();
    const file = folder.write("count.ts", countingSource());
    const events = folder.write("in.jsonl", input.map((line) => JSON.stringify(line)).join("\n"));
    const words = ["run", file, "--set", "target=7", "--json", "--sim", "--input", events];
    using command = startCommand(words);
    assert.equal(await command.ended, ExitCode.ok, command.errors());
    const lines = command.lines.map(
      (line) => JSON.parse(line) as Readonly<Record<string, unknown>>,
    );
    const seen = lines.filter(({ type }) => type === "event").map(({ data }) => data);
    assert.deepEqual(seen, [
      { pid: 7, step: 1 },
      { pid: 7, step: 1 },
    ]);
    assert.match(command.errors(), /On a simulated kernel, with what .*in\.jsonl says\./);
  });

  it("says where a file says nothing that can happen", async () => {
    using folder = new ProgramFolder();
    const file = folder.write("count.ts", countingSource());
    const wrong = folder.write("wrong.jsonl", '{ "fire": "rawTracepont", "with": [] }\n');
    using command = startCommand(["run", file, "--sim", "--input", wrong]);
    assert.notEqual(await command.ended, ExitCode.ok);
    assert.match(command.errors(), /wrong\.jsonl:1: nothing that happens is called "rawTracepont"/);
    assert.match(command.errors(), /did you mean "rawTracepoint"/i);
    using other = startCommand(["run", file, "--input", wrong]);
    assert.equal(await other.ended, ExitCode.usage);
    assert.match(other.errors(), /--input is for a simulated kernel/);
  });

  it("has what options and a file declare", async () => {
    using folder = new ProgramFolder();
    const source = `
      import { bpf, hashMap, kprobe, u32, u64 } from "ts-ebpf";
      export const counts = hashMap("counts", u32, u64, 16);
      export const onOpen = kprobe("my_driver_open", () => {
        "use bpf";
        counts.update(u32(bpf.getCurrentPidTgid() >> 32n), 1n);
        return 0;
      });
    `;
    const file = folder.write("probe.ts", source);
    const happens = { fire: "kernelFunction", with: ["my_driver_open", { args: [] }] };
    const opened = folder.write("opened.jsonl", JSON.stringify(happens));
    const run = ["run", file, "--sim", "--json", "--input", opened];
    using undeclared = startCommand(run);
    assert.equal(await undeclared.ended, ExitCode.failed);
    assert.match(undeclared.errors(), /--function my_driver_open/);
    const check = async (words: readonly string[], pid: number): Promise<void> => {
      using command = startCommand([...run, ...words]);
      assert.equal(await command.ended, ExitCode.ok, command.errors());
      const map = command.lines.find((line) => line.includes('"map":"counts"'));
      assert.match(map ?? "", new RegExp(`"key":${pid},`));
    };
    await check(["--function", "other", "--function", "my_driver_open"], 1);
    const world = { functions: ["my_driver_open"], task: { pid: 4711 } };
    await check(["--world", folder.write("world.json", JSON.stringify(world))], 4711);
  });

  it("says what a file cannot declare, and what is for a simulated kernel alone", async () => {
    using folder = new ProgramFolder();
    const file = folder.write("count.ts", countingSource());
    const check = async (text: string, expected: RegExp): Promise<void> => {
      const world = folder.write("world.json", text);
      using command = startCommand(["run", file, "--sim", "--world", world]);
      assert.equal(await command.ended, ExitCode.failed);
      assert.match(command.errors(), expected);
    };
    await check("{", /world\.json is no JSON/);
    await check('{ "function": [] }', /world\.json: .* takes no "function"[^]*functions/);
    await check('{ "cpus": 0 }', /world\.json: "cpus"/);
    for (const words of [
      ["--world", "x.json"],
      ["--function", "x"],
      ["--tracepoint", "a/b"],
    ]) {
      using command = startCommand(["run", file, ...words]);
      assert.equal(await command.ended, ExitCode.usage);
      assert.match(command.errors(), new RegExp(`${words[0]} is for a simulated kernel`));
    }
  });

  it("refuses places that no program attaches to", async () => {
    using folder = new ProgramFolder();
    const file = folder.write("count.ts", countingSource());
    for (const words of [
      ["--interface", "lo"],
      ["--cgroup", "/sys/fs/cgroup"],
      ["--pid", "1"],
    ]) {
      using command = startCommand(["run", file, "--sim", ...words]);
      assert.equal(await command.ended, ExitCode.usage);
      assert.match(command.errors(), new RegExp(`${words.join(" ")}: no program .*`));
      assert.match(command.errors(), /onCall is for raw tracepoint sys_enter/);
    }
  });

  it("says which line of a file cannot be meant", async () => {
    using folder = new ProgramFolder();
    const file = folder.write("count.ts", countingSource());
    const check = async (text: string, expected: RegExp): Promise<void> => {
      const wrong = folder.write("wrong.jsonl", `\n${text}\n`);
      using command = startCommand(["run", file, "--sim", "--input", wrong]);
      assert.equal(await command.ended, ExitCode.failed);
      assert.match(command.errors(), expected);
    };
    await check("[1]", /wrong\.jsonl:2 is no object in JSON that says what to "fire"/);
    await check("{}", /wrong\.jsonl:2 is no object in JSON that says what to "fire"/);
    await check(
      '{ "fire": "tracepoint", "with": [] }',
      /wrong\.jsonl:2: "tracepoint" cannot be given/,
    );
    using command = startCommand(["run", file, "--sim", "--input", folder.path]);
    await command.ended;
    assert.match(command.errors(), /cannot read .*: it is a folder/);
  });
});
