import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { needs } from "ts-ebpf/testing";
import { ExitCode } from "../exit-code.ts";

const launcher = join(import.meta.dirname, "../../bin/ts-ebpf.js");
const deadlineMs = 60_000;

/** What `ts-ebpf repl` prints for a script, on a simulated kernel. */
const script = (text: string, ...words: readonly string[]) => runScript(text, ["--sim", ...words]);

function runScript(text: string, words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [launcher, "repl", ...words], {
    input: text,
    encoding: "utf8",
    timeout: deadlineMs,
  });
  return { status, stdout, stderr };
}

const loadAndRun = `await load({ onPacket, events });
const data = ethernet().ipv4().tcp().bytes;
for (let turn = 0; turn < 3; turn++) programs.onPacket.run({ data });
maps.counts`;

function checkScript(text: string, expected: string): void {
  assert.deepEqual(script(text), { status: ExitCode.ok, stdout: `${expected}\n`, stderr: "" });
}

const program = `
const Event = struct("event", { length: u32 });
const events = ringbuf("events", Event, 4096);
const counts = hashMap("counts", u32, u64, 16);
export const onPacket = xdp((ctx: unknown): number => {
  "use bpf";
  const seen = counts.lookup(1);
  if (seen) seen.value += 1n;
  else counts.update(1, 1n);
  events.output({ length: 7 });
  return 2;
});`;

describe("a script for the REPL", () => {
  it("loads and runs programs, and prints its last value", () => {
    const text = `import { strict as assert } from "node:assert";${program}
assert(true);
${loadAndRun}`;
    checkScript(text, "hash counts\n  1: 3");
  });

  it("does the same on the running kernel", needs("root", "bpf", "ringbuf"), () => {
    const { status, stdout, stderr } = runScript(`${program}\n${loadAndRun}`, []);
    assert.deepEqual([status, stdout, stderr], [ExitCode.ok, "hash counts\n  1: 3\n", ""]);
  });

  it("attaches a file of programs", () => {
    const folder = mkdtempSync(join(tmpdir(), "ts-ebpf-repl-"));
    try {
      const file = join(folder, "count.ts");
      const own = 'import { global, rawTracepoint, u32 } from "ts-ebpf";\n';
      const body =
        'export const runs = global("runs", u32, 0);\n' +
        'export const onTick = rawTracepoint("sched_switch", () => {\n' +
        '  "use bpf"; runs.value += 1; return 0;\n});\n';
      writeFileSync(file, own + body);
      const { stdout, stderr, status } = script("", file, "--eval", "links");
      assert.deepEqual([stderr, status], ["", ExitCode.ok]);
      assert.match(stdout, /^onTick: raw.tracepoint at .*sched_switch/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("attaches and detaches by name", () => {
    const names = ["onSwitch", "onCall"];
    const specs = names.map(
      (name) => `const ${name} = rawTracepoint("sys_enter", () => {
  "use bpf"; return 0;
});`,
    );
    const attached = `${specs.join("\n")}\nawait load({ ${names.join(", ")} });\nattach();\n`;
    checkScript(`${attached}detach("onSwitch");\nObject.keys(links)`, "[ 'onCall' ]");
    checkScript(`${attached}detach();\nObject.keys(links)`, "[]");
    const { status, stderr } = script(`${attached}detach("onCal")`);
    assert.equal(status, ExitCode.failed);
    assert.match(stderr, /nothing called "onCal" is attached\n {2}hint: did you mean "onCall"/);
  });

  it("takes its text from an option", () => {
    assert.equal(script("ignored", "--eval", "1n << 40n").stdout, "1099511627776n\n");
    assert.equal(script("", "--eval", "undefined").stdout, "");
  });

  it("ends as every command does where privileges are missing", needs("root"), () => {
    const asNobody = ["--reuid=65534", "--regid=65534", "--clear-groups", process.execPath];
    const words = [
      ...asNobody,
      launcher,
      "repl",
      "--eval",
      "await load({ m: hashMap('m', u32, u32, 1) })",
    ];
    const { status, stderr } = spawnSync("setpriv", words, { encoding: "utf8" });
    assert.equal(status, ExitCode.unavailable, stderr);
    assert.match(stderr, /^PermissionError .*not permitted/);
  });

  it("ends with the error of what goes wrong, at its line", () => {
    const wrong = script(`await load({ p: xdp(() => {\n  "use bpf";\n  return nothing;\n}) })`);
    assert.equal(wrong.status, ExitCode.failed);
    assert.match(wrong.stderr, /repl\.ts:3:10 - error: "nothing" is not defined/);
    assert.match(
      script("throw new TypeError('so')").stderr,
      /^TypeError: so\n {4}at repl\.ts:1:7$/m,
    );
    const unfinished = script("const x = {\n").stderr;
    assert.match(unfinished, /^SyntaxError: Expected `}` but found `EOF` \(repl\.ts:1\)$/m);
    assert.match(script("attach()").stderr, /./);
  });
});

/** A REPL on a terminal of its own, which script(1) makes. */
class Terminal implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #folder = mkdtempSync(join(tmpdir(), "ts-ebpf-repl-"));
  readonly history: string = join(this.#folder, "history");
  #output = "";
  #read = 0;

  constructor() {
    const command = `${process.execPath} ${launcher} repl --sim`;
    const environment = { TERM: "xterm", NO_COLOR: "1", TS_EBPF_REPL_HISTORY: this.history };
    this.#child = spawn("script", ["-qec", command, "/dev/null"], {
      env: { ...process.env, ...environment },
    });
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => (this.#output += text));
  }

  /** Waits until the output behind what was waited for before has this. */
  async shows(expected: RegExp): Promise<void> {
    const signal = AbortSignal.timeout(deadlineMs);
    for (;;) {
      const rest = stripVTControlCharacters(this.#output.slice(this.#read));
      if (expected.test(rest)) break;
      await once(this.#child.stdout, "data", { signal }).catch((cause: unknown) => {
        throw new Error(`${expected} is not in: ${rest}`, { cause });
      });
    }
    this.#read = this.#output.length;
  }

  type(text: string): void {
    this.#child.stdin.write(text);
  }

  /** Types a line, and waits for what it shows. */
  async enter(line: string, expected: RegExp): Promise<void> {
    this.type(`${line}\r`);
    await this.shows(expected);
  }

  /** Its exit code. */
  async ended(): Promise<number> {
    const [code] = (await once(this.#child, "close")) as [number];
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) this.#child.kill("SIGKILL");
    rmSync(this.#folder, { recursive: true });
  }
}

const controlC = "\x03";
const controlD = "\x04";

describe("the REPL on a terminal", () => {
  it("takes entries of several lines, shows events as they come, and ends with Ctrl-D", async () => {
    await using terminal = new Terminal();
    await terminal.shows(/A simulated kernel, Linux 6\.18/);
    for (const line of program.trim().split("\n"))
      terminal.type(`${line.replace("export ", "")}\r`);
    await terminal.enter(
      "await load({ onPacket, events })",
      /onPacket: program onPacket \(xdp\), \d+ inst/,
    );
    await terminal.enter("const data = ethernet().ipv4().tcp().bytes", /> /);
    await terminal.enter("programs.onPacket.run({ data }).returnValue", /events \{ length: 7 \}/);
    await terminal.enter(".maps", /counts: hash counts\s+1: 1/);
    terminal.type(controlD);
    assert.equal(await terminal.ended(), ExitCode.ok);
    assert.match(readFileSync(terminal.history, "utf8"), /ethernet\(\)/);
  });

  it("goes through a run line by line", async () => {
    await using terminal = new Terminal();
    await terminal.shows(/Ctrl-D to end/);
    await terminal.enter(".line", /nothing is recorded/);
    for (const line of program.trim().split("\n"))
      terminal.type(`${line.replace("export ", "")}\r`);
    await terminal.enter("await load({ onPacket, events })", /onPacket: program/);
    await terminal.enter("const data = ethernet().ipv4().tcp().bytes", /> /);
    await terminal.enter(
      ".debug programs.onPacket.run({ data })",
      /step 1 of \d+ +repl\.ts:3 +const seen/,
    );
    await terminal.enter(".line", /repl\.ts:4 +if \(seen\)/);
    await terminal.enter(".back", /repl\.ts:3 +const seen/);
    await terminal.enter(".stop 6", /breakpoints at 6/);
    await terminal.enter(".continue", /repl\.ts:6 +events\.output/);
    await terminal.enter(".watch r0", /watching r0/);
    await terminal.enter(".continue", /r0=\S+\*/);
    await terminal.enter(".stop x", /"x" is no line/);
    await terminal.enter(
      ".trace programs.onPacket.run({ data })",
      /; repl\.ts:7 +return 2;[^]*ended after/,
    );
  });

  it("does commands that are pasted together one after the other", async () => {
    await using terminal = new Terminal();
    await terminal.shows(/Ctrl-D to end/);
    const lines = ["const one = 1", ".trace one", ".stop 7", "one + 41", ".line"];
    terminal.type(lines.map((line) => `${line}\r`).join(""));
    await terminal.shows(/ended after[^]*breakpoints at 7[^]*42[^]*nothing is recorded/);
  });

  it("is interrupted by Ctrl-C, and lives on", async () => {
    await using terminal = new Terminal();
    await terminal.shows(/Ctrl-D to end/);
    // What tells that an entry runs; what is typed does not have the word.
    const tell = 'console.log("run" + "ning")';
    for (const endless of [`${tell}; for (;;);`, `${tell}; await new Promise(() => {})`]) {
      await terminal.enter(endless, /running/);
      // Ctrl-C means something a little later, which nothing tells: so it is typed until it does.
      const typing = setInterval(() => terminal.type(controlC), 500);
      await terminal.shows(/interrupted/).finally(() => clearInterval(typing));
      // One more may have been typed, and a second one at the prompt ends the REPL.
      terminal.type("\r");
    }
    await terminal.enter("1 + 1", /\n2\r/);
  });

  it("completes names", async () => {
    await using terminal = new Terminal();
    await terminal.shows(/Ctrl-D to end/);
    terminal.type("session.ker\t");
    await terminal.shows(/session\.kernel/);
    await terminal.enter(".kind", /'simulated'/);
  });

  it("tells errors and goes on", async () => {
    await using terminal = new Terminal();
    await terminal.shows(/Ctrl-D to end/);
    await terminal.enter("hashMap('x', u32, u32, 0)", /maxEntries of map "x" is 0[^]*hint/);
    await terminal.enter("missing", /ReferenceError: missing is not defined/);
    await terminal.enter("await open('nowhere.ts')", /there is no file nowhere\.ts/);
    await terminal.enter("1 + 1", /\n2\r/);
  });
});
