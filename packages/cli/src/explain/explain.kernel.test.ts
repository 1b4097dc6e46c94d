import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";
import { load, program } from "ts-ebpf";
import { assemble, exit, type Item, ldx, mov, r0, r1, r9 } from "ts-ebpf/asm";
import { needs } from "ts-ebpf/testing";
import { VerifierError } from "ts-ebpf/verifier";
import { ExitCode } from "../exit-code.ts";
import { ProgramFolder } from "../testing/program-folder.ts";

const launcher = join(import.meta.dirname, "../../bin/ts-ebpf.js");

/** What the command did. */
interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `explain` with this standard input and these words. */
function explain(input: string, ...words: readonly string[]): Ended {
  const command = [launcher, "explain", ...words];
  return spawnSync(process.execPath, command, { input, encoding: "utf8" });
}

/** The log with which this kernel rejects a program. */
async function logOf(...items: readonly Item[]): Promise<string> {
  const error = await load({ broken: program("xdp", assemble(items)) }).then(
    () => assert.fail("the program was not rejected"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof VerifierError, String(error));
  return error.log.join("\n");
}

describe("explain", needs("bpf"), () => {
  it("explains what this kernel says, from standard input", async () => {
    const { status, stdout } = explain(await logOf(mov(r0, r9), exit()));
    assert.equal(status, ExitCode.ok);
    assert.match(stdout, /^a program was rejected at instruction 0: R9 !read_ok\n {2}cause: r9 /);
    assert.match(stdout, /\n {2}hint: \S/);
  });

  it("tells programs everything about a file", async () => {
    using folder = new ProgramFolder({ library: "none" });
    const log = await logOf(mov(r1, 0), ldx("u64", r0, r1, 0), exit());
    const { stdout, status } = explain("", folder.write("log", log), "--json");
    assert.equal(status, ExitCode.ok);
    const { logs } = JSON.parse(stdout) as { readonly logs: readonly LogJson[] };
    const [{ outcome, instruction, explanation, registers }] = logs as [LogJson];
    assert.deepEqual([outcome, instruction, registers["r1"]], ["explained", 1, "scalar"]);
    assert.equal(explanation.id, "scalar-dereference");
  });

  it("explains what bpftool printed", () => {
    const log = `libbpf: prog 'first': -- BEGIN PROG LOAD LOG --
; return x; @ a.c:7
0: (95) exit
R0 !read_ok
processed 1 insns (limit 1000000) max_states_per_insn 0
-- END PROG LOAD LOG --
libbpf: prog 'first': failed to load: -13
Error: failed to load object file`;
    const { stdout } = explain(log, "-");
    assert.match(stdout, /^a\.c:7:1 - error: program "first" was rejected at instruction 0: /);
    const { logs } = JSON.parse(explain(log, "--json").stdout) as {
      readonly logs: readonly LogJson[];
    };
    assert.deepEqual(logs[0]?.source, { file: "a.c", line: 7, column: 1, text: "return x;" });
  });
});

describe("explain without an explanation", () => {
  it("fails when there is no log", () => {
    const { status, stdout, stderr } = explain("nothing of that kind");
    assert.deepEqual([status, stdout], [ExitCode.failed, ""]);
    assert.match(stderr, /the text has no log of the verifier\n {2}hint: /);
  });

  it("fails when the rejection is not known, and shows what tells most", () => {
    const { status, stdout } = explain("0: (b7) r0 = 0\nsomething \x1b]0;new\x07\n");
    assert.equal(status, ExitCode.failed);
    assert.match(stdout, /this rejection is not known\n\n {2}last lines of the log:\n {4}0: /);
    assert.ok(stdout.includes(String.raw`something \x1b]0;new\x07`));
  });

  it("fails when there is no such file", () => {
    const { status, stderr } = explain("", "/nonexistent/log");
    assert.equal(status, ExitCode.failed);
    assert.match(stderr, /there is no file \/nonexistent\/log\n/);
  });
});

/** Of what `--json` prints. */
interface LogJson {
  readonly outcome: string;
  readonly source?: unknown;
  readonly instruction: number;
  readonly explanation: { readonly id: string };
  readonly registers: Readonly<Record<string, string>>;
}
