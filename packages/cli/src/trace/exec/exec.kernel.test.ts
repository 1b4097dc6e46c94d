import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { needs } from "ts-ebpf/testing";
import { ExitCode } from "../../exit-code.ts";
import { startCommand, startTrace, type RunningCommand } from "../../testing/command.ts";
import { argumentBytesMax } from "./exec-event.ts";

interface Line {
  readonly type: string;
  readonly [property: string]: unknown;
}

// Programs of our own, so that nobody else's executions are taken for ours.
const folder = mkdtempSync(join(tmpdir(), "ts-ebpf-exec-"));
after(() => rmSync(folder, { recursive: true }));
const program = join(folder, `own${process.pid}`);
copyFileSync("/bin/true", program);

const parsed = (command: RunningCommand): readonly Line[] =>
  command.lines.map((line) => JSON.parse(line) as Line);

/** Executions of programs in our folder, and of a script in it. */
const ours = (command: RunningCommand): readonly Line[] =>
  parsed(command).filter(({ type, file }) => type === "exec" && String(file).startsWith(folder));

/** Runs `work` while `trace exec --json` with these words looks; what it saw of ours when it was interrupted. */
async function traced(
  words: readonly string[],
  work: () => Promise<void> | void,
): Promise<readonly Line[]> {
  using command = await startTrace(["--json", ...words]);
  await work();
  command.process.kill("SIGINT");
  assert.equal(await command.ended, ExitCode.ok, command.errors());
  return ours(command);
}

const run = (words: readonly string[] = [], file: string = program): number =>
  spawnSync(file, words, { stdio: "ignore" }).pid;

const usable = needs("root", "bpf", "btf", "ringbuf");

describe("trace exec --json", usable, () => {
  it("tells everything of an execution", async () => {
    const before = Date.now();
    let pid = 0;
    const [event, ...others] = await traced([], () => {
      pid = run(["a b", "", "größe 漢字 😀", "tab\t", "-x"]);
    });
    assert.deepEqual(others, []);
    const { time, ...rest } = event!;
    assert.deepEqual(rest, {
      type: "exec",
      pid,
      ppid: process.pid,
      uid: 0,
      user: "root",
      command: `own${process.pid}`.slice(0, 15),
      file: program,
      arguments: [program, "a b", "", "größe 漢字 😀", "tab\t", "-x"],
      truncated: false,
    });
    assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    const ms = Date.parse(String(time));
    assert.ok(ms >= before - 5 && ms <= Date.now() + 5, String(time));
  });

  it("tells executions in their order", async () => {
    const events = await traced([], () => {
      for (let index = 0; index < 20; index++) run([String(index)]);
    });
    assert.deepEqual(
      events.map((event) => (event["arguments"] as string[])[1]),
      Array.from({ length: 20 }, (_, index) => String(index)),
    );
    const times = events.map(({ time }) => String(time));
    assert.deepEqual(times, times.toSorted());
  });

  it("tells an empty argument alone", async () => {
    const [event] = await traced([], () => void spawnSync(program, { argv0: "" }));
    assert.deepEqual(event?.["arguments"], [""]);
  });

  it("cuts arguments that are too long, and says so", async () => {
    const long = "x".repeat(3 * argumentBytesMax);
    const [event] = await traced([], () => void run([long]));
    const [, word = ""] = (event?.["arguments"] ?? []) as string[];
    assert.equal(program.length + 1 + word.length, argumentBytesMax);
    assert.ok(long.startsWith(word));
    assert.equal(event?.["truncated"], true);
  });

  it("tells as many bytes of arguments as there is room for", async () => {
    const word = "x".repeat(argumentBytesMax - program.length - 2);
    const [event] = await traced([], () => void run([word]));
    assert.deepEqual(event?.["arguments"], [program, word]);
    assert.equal(event?.["truncated"], false);
  });

  it("tells the script, not its interpreter", async () => {
    const script = join(folder, "script");
    writeFileSync(script, "#!/bin/sh\nexit 0\n");
    chmodSync(script, 0o755);
    const [event] = await traced([], () => void run(["x"], script));
    assert.equal(event?.["file"], script);
    assert.deepEqual(event?.["arguments"], ["/bin/sh", script, "x"]);
  });

  it("tells the path that was given, not what it leads to", async () => {
    const link = join(folder, "link");
    symlinkSync(program, link);
    const [event] = await traced([], () => void run([], link));
    assert.equal(event?.["file"], link);
    assert.equal(event?.["command"], "link");
  });

  it("tells users", async () => {
    chmodSync(folder, 0o755);
    const [event] = await traced([], () => void spawnSync(program, { uid: 65_534, gid: 65_534 }));
    assert.equal(event?.["uid"], 65_534);
  });

  it("ends with a summary of all it printed", async () => {
    using command = await startTrace(["--json"]);
    run();
    command.process.kill("SIGTERM");
    assert.equal(await command.ended, ExitCode.ok);
    const lines = parsed(command);
    const { seconds, ...summary } = lines.at(-1)!;
    assert.deepEqual(summary, { type: "summary", events: lines.length - 1, lost: 0 });
    assert.ok(Number(seconds) > 0 && Number(seconds) < 60);
  });
});

describe("filters of trace exec", usable, () => {
  it("lets a parent's children through", async () => {
    const events = await traced(["--ppid", String(process.pid)], () => {
      run(["mine"]);
      execFileSync("sh", ["-c", `"${program}" not-mine; true`]);
    });
    assert.deepEqual(
      events.map((event) => (event["arguments"] as string[])[1]),
      ["mine"],
    );
  });

  it("lets one process through, which keeps its id", async () => {
    const shell = spawn("sh", ["-c", `read line; exec "${program}" after`], {
      stdio: ["pipe", "ignore", "inherit"],
    });
    const ended = once(shell, "exit");
    const events = await traced(["--pid", String(shell.pid)], async () => {
      run(["other"]);
      shell.stdin.end("\n");
      await ended;
    });
    assert.deepEqual(
      events.map(({ pid }) => pid),
      [shell.pid],
    );
  });

  it("lets users through, by number or name", async () => {
    chmodSync(folder, 0o755);
    const events = await traced(["--uid", "nobody", "--uid", "12345"], () => {
      run();
      for (const uid of [65_534, 12_345, 12_346]) spawnSync(program, { uid });
    });
    assert.deepEqual(
      events.map(({ uid }) => uid),
      [65_534, 12_345],
    );
  });

  it("lets names through, of which it compares 15 bytes", async () => {
    const names = ["short", "a-name-of-20-letters", "a-name-of-20-LEtters"];
    for (const name of names) copyFileSync(program, join(folder, name));
    const words = ["--command", "short", "--command", "a-name-of-20-lex"];
    const events = await traced(words, () => {
      run();
      for (const name of names) run([], join(folder, name));
    });
    assert.deepEqual(
      events.map(({ command }) => command),
      ["short", "a-name-of-20-le"],
    );
  });

  it("wants all filters to match", async () => {
    const words = ["--command", "short", "--ppid", String(process.pid)];
    const events = await traced(words, () => {
      run();
      run([], join(folder, "short"));
      execFileSync("sh", ["-c", `"${join(folder, "short")}"; true`]);
    });
    assert.equal(events.length, 1);
  });
});

describe("trace exec", usable, () => {
  it("shows a table, and sums up beside it", async () => {
    using command = await startTrace([]);
    run(["a b"]);
    command.process.kill("SIGINT");
    assert.equal(await command.ended, ExitCode.ok);
    assert.equal(
      command.lines[0],
      "TIME              PID     PPID    UID  COMMAND          FILE ARGUMENTS",
    );
    const row = command.lines.find((line) => line.includes(program));
    assert.match(row!, /^\d\d:\d\d:\d\d\.\d{3} +\d+ +\d+ +0 {2}own\d+ .* 'a b'$/);
    assert.match(command.errors(), /^\d+ executions? in \d+\.\d s$/m);
    assert.ok(!command.lines.join("").includes("\x1b"));
  });

  it("leaves out the titles", async () => {
    using command = await startTrace(["--no-header", "--count", "1"]);
    run();
    assert.equal(await command.ended, ExitCode.ok);
    assert.equal(command.lines.length, 1);
    assert.doesNotMatch(command.lines[0]!, /TIME/);
  });

  it("colours when it is told to", async () => {
    using command = await startTrace(["--count", "1"], {
      by: ["env", "-u", "NO_COLOR", "FORCE_COLOR=1"],
    });
    run();
    assert.equal(await command.ended, ExitCode.ok);
    assert.match(command.lines[0]!, /\x1b\[1mTIME/);
  });

  it("ends after the given number of executions", async () => {
    using command = await startTrace(["--count", "3", "--json"]);
    for (let index = 0; index < 10; index++) run();
    assert.equal(await command.ended, ExitCode.ok);
    assert.equal(command.lines.length, 4);
    assert.equal(parsed(command).at(-1)?.["events"], 3);
  });

  it("ends after the given time", async () => {
    using command = await startTrace(["--duration", "200ms", "--json"]);
    assert.equal(await command.ended, ExitCode.ok);
    const seconds = Number(parsed(command).at(-1)?.["seconds"]);
    assert.ok(seconds >= 0.199 && seconds < 60, String(seconds));
  });

  it("ends quietly when nobody reads any more", async () => {
    using command = await startTrace([]);
    command.process.stdout!.destroy();
    let over = false;
    void command.ended.then(() => (over = true));
    while (!over) {
      run();
      await new Promise((resolve) => void setImmediate(resolve));
    }
    assert.equal(await command.ended, ExitCode.ok);
    assert.equal(command.errors(), "Tracing executions. Ctrl-C ends.\n");
  });

  it("ends at once at a second Ctrl-C", async () => {
    // Nobody reads, so that it cannot come to an end.
    using command = await startTrace(["--json"]);
    command.process.stdout!.pause();
    const long = "x".repeat(10_000);
    for (let index = 0; index < 100; index++) run([long]);
    command.process.kill("SIGINT");
    const again = setInterval(() => command.process.kill("SIGINT"), 50);
    const code = await once(command.process, "exit");
    clearInterval(again);
    assert.equal(code[0], 130);
  });

  it("counts what a slow reader makes it lose", async () => {
    using command = await startTrace([
      "--json",
      "--ring-size",
      "4K",
      "--ppid",
      String(process.pid),
    ]);
    command.process.stdout!.pause();
    const long = "x".repeat(1000);
    const count = 400;
    for (let index = 0; index < count; index++) run([long]);
    command.process.stdout!.resume();
    command.process.kill("SIGINT");
    assert.equal(await command.ended, ExitCode.ok);
    const { events, lost } = parsed(command).at(-1)!;
    assert.equal(events, ours(command).length);
    assert.equal(events + Number(lost), count);
    assert.ok(Number(lost) > 0);
    assert.match(command.errors(), /^warning: \d+ executions? lost: .*--ring-size 16K/m);
  });
});

describe("trace exec in the kernel", needs("root", "bpf", "btf", "ringbuf", "bpftool"), () => {
  /** Ids of our programs and maps that the kernel has. */
  const loaded = (): readonly string[] =>
    ["prog", "map"].flatMap((kind) => {
      const list = execFileSync("bpftool", ["--json", kind, "list"], { encoding: "utf8" });
      return (JSON.parse(list) as { id: number; name?: string }[])
        .filter(({ name }) => name?.startsWith("exec_") === true || name === "trace_exec")
        .map(({ id, name }) => `${kind} ${id} ${name}`);
    });

  /** Waits until the kernel has freed what it had not `before`. */
  async function freed(before: readonly string[]): Promise<void> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const left = loaded().filter((one) => !before.includes(one));
      if (left.length === 0) return;
      assert.ok(Date.now() < deadline, `left behind: ${left.join(", ")}`);
      await new Promise((resolve) => void setImmediate(resolve));
    }
  }

  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"] as const) {
    it(`leaves nothing behind after ${signal}`, async () => {
      const before = loaded();
      using command = await startTrace([]);
      const made = loaded().filter((one) => !before.includes(one));
      assert.ok(made.length >= 4, `it was there: ${made.join(", ")}`);
      command.process.kill(signal);
      assert.equal(await command.ended, signal === "SIGKILL" ? "SIGKILL" : ExitCode.ok);
      await freed(before);
    });
  }
});

describe("trace exec without privileges", usable, () => {
  // The user stays, who may read the sources wherever they lie; the rights go.
  const setpriv = ["setpriv", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all"];

  it("says what is missing", async () => {
    using command = startCommand(["trace", "exec"], { by: setpriv });
    assert.equal(await command.ended, ExitCode.unavailable);
    assert.deepEqual(command.lines, []);
    assert.match(command.errors(), /^PermissionError \[NO_PERMISSION\]: cannot create map/);
    assert.match(command.errors(), /\n {2}hint: this process lacks CAP_BPF/);
    assert.match(command.errors(), /"ts-ebpf doctor"/);
  });

  it("says so in JSON", async () => {
    using command = startCommand(["trace", "exec", "--json"], { by: setpriv });
    assert.equal(await command.ended, ExitCode.unavailable);
    assert.deepEqual(command.lines, []);
    const error = JSON.parse(command.errors()) as Line;
    assert.equal(error["code"], "NO_PERMISSION");
    assert.match(String(error["hint"]), /CAP_BPF/);
  });

  it("runs with the two capabilities that it asks for", async () => {
    const left = "--bounding-set=-all,+bpf,+perfmon";
    const by = ["setpriv", "--clear-groups", left, "--inh-caps=-all"];
    using command = await startTrace(["--json", "--count", "1"], { by });
    run();
    assert.equal(await command.ended, ExitCode.ok, command.errors());
  });
});
