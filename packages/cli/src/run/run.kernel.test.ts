import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { needs } from "ts-ebpf/testing";
import { ExitCode } from "../exit-code.ts";
import { type RunningCommand, startCommand, type StartOptions } from "../testing/command.ts";
import { countingSource, ProgramFolder } from "../testing/program-folder.ts";

interface Line {
  readonly type: string;
  readonly [property: string]: unknown;
}

const parsed = (command: RunningCommand): readonly Line[] =>
  command.lines.map((line) => JSON.parse(line) as Line);

const target = `target=${process.pid}`;

/** Starts `run` and waits until programs are attached. */
async function startRun(words: readonly string[], options?: StartOptions): Promise<RunningCommand> {
  const command = startCommand(["run", ...words], options);
  await command.until(() => command.errors().includes("Running "));
  return command;
}

/** Makes system calls of this process. */
const makeCalls = (): void => void readFileSync("/proc/self/stat");

/** Programs that are loaded now, as bpftool lists them. */
const loadedPrograms = (): string =>
  execFileSync("bpftool", ["prog", "show"], { encoding: "utf8" });

const usable = needs("root", "bpf", "btf", "ringbuf", "bpftool");

describe("run", usable, () => {
  it("shows events as they come, then maps, then what it came to", async () => {
    using folder = new ProgramFolder();
    const file = folder.write("count.ts", countingSource());
    using command = await startRun([file, "--set", target]);
    makeCalls();
    await command.until(() => command.lines.length > 1);
    command.process.kill("SIGINT");
    assert.equal(await command.ended, ExitCode.ok, command.errors());
    assert.match(command.lines[0]!, /^ +PID +STEP$/);
    assert.match(command.lines[1]!, new RegExp(`^ +${process.pid} +1$`));
    const state = command.lines.slice(command.lines.indexOf("") + 1);
    assert.deepEqual(state.slice(0, 2), [`target = ${process.pid}`, "counts  1 element"]);
    assert.match(state[3]!, new RegExp(`^ +${process.pid} +\\d+$`));
    assert.match(command.errors(), /^Running count.ts: onCall at raw tracepoint sys_enter\./);
    assert.match(command.errors(), /\n[\d,]+ events in \d+\.\d s\n$/);
  });

  it("leaves nothing behind", async () => {
    using folder = new ProgramFolder();
    const source = countingSource().replaceAll("onCall", "onGoneCall");
    const file = folder.write("count.ts", source);
    using command = await startRun([file]);
    assert.match(loadedPrograms(), /name onGoneCall /);
    command.process.kill("SIGTERM");
    assert.equal(await command.ended, ExitCode.ok);
    // The kernel frees programs on tracepoints after the last CPU has left them.
    const deadline = Date.now() + 60_000;
    while (loadedPrograms().includes("name onGoneCall ") && Date.now() < deadline);
    assert.doesNotMatch(loadedPrograms(), /name onGoneCall /);
  });

  it("tells events, maps and the summary to programs", async () => {
    using folder = new ProgramFolder();
    // More than numbers of JSON hold.
    const file = folder.write("count.ts", countingSource("1n << 60n"));
    using command = await startRun([file, "--set", target, "--json", "--count", "3"]);
    makeCalls();
    assert.equal(await command.ended, ExitCode.ok, command.errors());
    const lines = parsed(command);
    const data = { pid: process.pid, step: String(1n << 60n) };
    assert.deepEqual(lines.slice(0, 4), [
      { type: "event", event: "calls", data },
      { type: "event", event: "calls", data },
      { type: "event", event: "calls", data },
      { type: "variable", variable: "target", value: process.pid },
    ]);
    const { elements } = lines[4] as unknown as { elements: { key: number; value: number }[] };
    assert.equal(elements[0]!.key, process.pid);
    assert.ok(elements[0]!.value >= 3);
    assert.deepEqual(lines.at(-1)!["events"], { calls: 3 });
    assert.equal(lines.length, 6);
  });

  it("shows maps again and again", async () => {
    using folder = new ProgramFolder();
    const file = folder.write("count.ts", countingSource());
    using command = await startRun([file, "--json", "--interval", "50ms"]);
    const types = (): readonly string[] => parsed(command).map(({ type }) => type);
    await command.until(() => types().filter((type) => type === "map").length >= 3);
    assert.ok(!types().includes("summary"));
    command.process.kill("SIGINT");
    assert.equal(await command.ended, ExitCode.ok, command.errors());
  });

  it("ends in time", async () => {
    using folder = new ProgramFolder();
    const file = folder.write("count.ts", countingSource());
    using command = await startRun([file, "--json", "--duration", "200ms"]);
    assert.equal(await command.ended, ExitCode.ok, command.errors());
    const { type, seconds } = parsed(command).at(-1)!;
    assert.equal(type, "summary");
    assert.ok(Number(seconds) >= 0.199, String(seconds));
  });

  it("ends when nobody reads any more", async () => {
    using folder = new ProgramFolder();
    const file = folder.write("count.ts", countingSource());
    const by = ["bash", "-c", 'set -o pipefail; "$@" | head -n 2', "bash"];
    using command = await startRun([file, "--set", target], { by });
    while (command.process.exitCode === null && command.lines.length < 2) {
      makeCalls();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const again = setInterval(makeCalls, 10);
    assert.equal(await command.ended, ExitCode.ok, command.errors());
    clearInterval(again);
    assert.equal(command.lines.length, 2);
  });

  it("finds the library for a file that cannot", async () => {
    using folder = new ProgramFolder({ library: "none" });
    const file = folder.write("count.ts", countingSource());
    using command = await startRun([file, "--duration", "1ms"]);
    assert.equal(await command.ended, ExitCode.ok, command.errors());
  });

  const fails = async (words: readonly string[], code: number, message: RegExp): Promise<void> => {
    using command = startCommand(["run", ...words]);
    assert.equal(await command.ended, code, command.errors());
    assert.match(command.errors(), message);
  };

  it("says what is wrong with the file, with its lines", async () => {
    using folder = new ProgramFolder();
    const file = folder.write("bad.ts", countingSource("{}"));
    await fails(
      [file],
      ExitCode.failed,
      /bad\.ts:18:7 - .*\n\n +18 \|       call\.step = \{\};\n +\| +\^/,
    );
    await fails(
      [folder.write("syntax.ts", "export const = 1;")],
      ExitCode.failed,
      /SyntaxError(?!.*\n {4}at )/,
    );
    await fails(
      [folder.write("none.ts", "export const one = 1;")],
      ExitCode.failed,
      /none\.ts exports no program/,
    );
    await fails([`${folder.path}/missing.ts`], ExitCode.failed, /there is no file/);
  });

  it("says what is wrong with options", async () => {
    using folder = new ProgramFolder();
    const file = folder.write("count.ts", countingSource());
    await fails(
      [file, "--export", "onCal"],
      ExitCode.failed,
      /no program "onCal"\n {2}hint: it has onCall/,
    );
    await fails(
      [file, "--set", "targe=1"],
      ExitCode.failed,
      /no variable "targe"\n {2}hint: it has target/,
    );
    await fails(
      [file, "--set", "target=one"],
      ExitCode.failed,
      /target=one: this is no value of u32/,
    );
    await fails([file, "--set", "target"], ExitCode.usage, /Write NAME=VALUE/);
    const packets = folder.write(
      "packets.ts",
      `import { xdp } from "ts-ebpf"; export const onPacket = xdp(() => { "use bpf"; return 2; });`,
    );
    await fails(
      [packets],
      ExitCode.failed,
      /"onPacket" does not say at which interface\n {2}hint: give --interface/,
    );
  });

  it("says in one line of JSON what is wrong", async () => {
    using command = startCommand(["run", "missing.ts", "--json"]);
    assert.equal(await command.ended, ExitCode.failed);
    assert.equal((JSON.parse(command.errors()) as Line)["code"], "INVALID_ARGUMENT");
  });

  it("ends with 3 without privileges", async () => {
    using folder = new ProgramFolder();
    const file = folder.write("count.ts", countingSource());
    const by = ["setpriv", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all"];
    using command = startCommand(["run", file], { by });
    assert.equal(await command.ended, ExitCode.unavailable);
    assert.match(command.errors(), /^PermissionError/);
  });
});

describe("run --watch", usable, () => {
  it("loads anew when an imported file changes, and runs on when that does not compile", async () => {
    using folder = new ProgramFolder();
    const file = folder.write(
      "count.ts",
      countingSource("step", 'import { step } from "./step.ts";'),
    );
    folder.write("step.ts", "export const step = 1n;");
    using command = await startRun([file, "--set", target, "--json", "--watch"]);
    const steps = (): ReadonlySet<unknown> => {
      const events = parsed(command).filter(({ type }) => type === "event");
      return new Set(events.map(({ data }) => (data as { step: number }).step));
    };
    const seen = async (step: number): Promise<void> => {
      const again = setInterval(makeCalls, 10);
      await command.until(() => steps().has(step));
      clearInterval(again);
    };
    await seen(1);
    folder.write("step.ts", "export const step = 2n;");
    await seen(2);
    folder.write("step.ts", "export const step = {};");
    await command.until(() => command.errors().includes("COMPILE_ERROR"));
    assert.match(command.errors(), /count\.ts:18:7/);
    await command.until(() => command.errors().includes("What ran before runs on."));
    const before = command.lines.length;
    makeCalls();
    await command.until(() => command.lines.length > before);
    folder.write("step.ts", "export const step = 3n;");
    await seen(3);
    command.process.kill("SIGINT");
    assert.equal(await command.ended, ExitCode.ok, command.errors());
    assert.equal(parsed(command).filter(({ type }) => type === "summary").length, 3);
  });

  it("waits for a file that compiles", async () => {
    using folder = new ProgramFolder();
    const file = folder.write("count.ts", "export {};");
    using command = startCommand(["run", file, "--watch"]);
    await command.until(() => command.errors().includes("Waiting for a change of the file."));
    folder.write("count.ts", countingSource());
    await command.until(() => command.errors().includes("Running count.ts"));
    command.process.kill("SIGINT");
    assert.equal(await command.ended, ExitCode.ok, command.errors());
  });
});

const packetSource = `
  import { ringbuf, u32, xdp } from "ts-ebpf";
  export const packets = ringbuf("packets", u32, 4096);
  export const onPacket = xdp((ctx) => {
    "use bpf";
    packets.output(7);
    return 2;
  });
`;

describe("run --interface", needs("root", "bpf", "btf", "netns", "ip"), () => {
  it("attaches there", () => {
    using folder = new ProgramFolder();
    const file = folder.write("packets.ts", packetSource);
    const launcher = `${import.meta.dirname}/../../bin/ts-ebpf.js`;
    // What leaves at the near end comes in at the far one.
    const script = `
      ip link add near0 type veth peer name far0 && ip link set far0 up && ip link set near0 up || exit 9
      ip address add 10.77.0.1/24 dev near0
      ip neighbour add 10.77.0.2 lladdr 02:00:00:00:00:02 dev near0 nud permanent
      timeout 200 "$0" "$1" run "$2" --interface far0 --json --count 1 2> "$3" & run=$!
      until grep -q Running "$3"; do kill -0 $run || exit 8; sleep 0.1; done
      echo packet > /dev/udp/10.77.0.2/9
      wait $run`;
    const ran = spawnSync(
      "unshare",
      ["--net", "bash", "-c", script, process.execPath, launcher, file, `${folder.path}/errors`],
      { encoding: "utf8", timeout: 220_000 },
    );
    assert.equal(ran.status, 0, ran.stderr);
    const [first = ""] = ran.stdout.split("\n");
    assert.deepEqual(JSON.parse(first), { type: "event", event: "packets", data: 7 });
  });
});
