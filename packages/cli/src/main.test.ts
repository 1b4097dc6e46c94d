import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ExitCode } from "./exit-code.ts";
import { main } from "./main.ts";
import { capturedContext, type CapturedContext } from "./testing/captured.ts";

const launcher = join(import.meta.dirname, "../bin/ts-ebpf.js");
const { version } = JSON.parse(
  readFileSync(join(import.meta.dirname, "../package.json"), "utf8"),
) as { readonly version: string };

async function run(...words: readonly string[]): Promise<CapturedContext> {
  const context = capturedContext();
  context.exitCode = await main(words, context);
  return context;
}

describe("main", () => {
  it("prints the version", async () => {
    const { exitCode, written } = await run("--version");
    assert.equal(exitCode, ExitCode.ok);
    assert.equal(written.out.text, `${version}\n`);
  });
  it("prints help", async () => {
    const { exitCode, written } = await run("trace", "exec", "--help");
    assert.equal(exitCode, ExitCode.ok);
    assert.match(written.out.text, /^Usage: ts-ebpf trace exec/);
    assert.equal(written.err.text, "");
  });
  it("prints the help of a command by name", async () => {
    const { exitCode, written } = await run("help", "doctor");
    assert.equal(exitCode, ExitCode.ok);
    assert.match(written.out.text, /^Usage: ts-ebpf doctor/);
  });
  it("prints the help of a command below another one by name", async () => {
    for (const words of [
      ["help", "trace", "exec"],
      ["trace", "help", "exec"],
    ]) {
      const { exitCode, written } = await run(...words);
      assert.equal(exitCode, ExitCode.ok);
      assert.match(written.out.text, /^Usage: ts-ebpf trace exec/);
    }
  });
  it("prints completion scripts", async () => {
    const { exitCode, written } = await run("completion", "bash");
    assert.equal(exitCode, ExitCode.ok);
    assert.match(written.out.text, /^complete -F _ts_ebpf ts-ebpf$/m);
  });

  const refuses = async (words: readonly string[], message: RegExp): Promise<void> => {
    const { exitCode, written } = await run(...words);
    assert.equal(exitCode, ExitCode.usage);
    assert.equal(written.out.text, "");
    assert.match(written.err.text, message);
  };

  it("refuses to do nothing", () => refuses([], /^Usage: ts-ebpf /));
  it("refuses a group without command", () => refuses(["trace"], /^Usage: ts-ebpf trace /));
  it("names the command that was meant", () =>
    refuses(["trac"], /unknown command 'trac'\n\(Did you mean trace\?\)/));
  it("names the option that was meant", () =>
    refuses(["trace", "exec", "--jsn"], /unknown option '--jsn'\n\(Did you mean --json\?\)/));
  it("says where help is", () =>
    refuses(["trace", "exec", "--x"], /Run "ts-ebpf trace exec --help" for all options/));
  it("refuses values that cannot be meant", () =>
    refuses(["trace", "exec", "--duration", "soon"], /'soon' is invalid\. Write a duration/));
  it("refuses users that are not there", () =>
    refuses(["trace", "exec", "--uid", "nobody-here"], /no user of that name/));
  it("refuses an empty name", () => refuses(["trace", "exec", "--command", ""], /empty name/));
  it("refuses too much", () => refuses(["doctor", "all"], /too many arguments/));
  it("refuses shells it does not know", () =>
    refuses(["completion", "tcsh"], /Allowed choices are bash, zsh, fish/));
  it("refuses help of what is no command", async () => {
    await refuses(["help", "trac"], /unknown command 'trac'\n\(Did you mean trace\?\)/);
    await refuses(["help", "trace", "exce"], /unknown command 'exce'\n\(Did you mean exec\?\)/);
    await refuses(["trac", "--help"], /unknown command 'trac'/);
  });

  const refusesInJson = async (words: readonly string[], told: object): Promise<void> => {
    const { exitCode, written } = await run(...words);
    assert.equal(exitCode, ExitCode.usage);
    assert.equal(written.out.text, "");
    assert.deepEqual(JSON.parse(written.err.text), {
      type: "error",
      code: "USAGE",
      name: "UsageError",
      ...told,
    });
  };

  it("tells programs of wrong usage in JSON", async () => {
    await refusesInJson(["trace", "exec", "--json", "--pid", "x"], {
      message:
        "option '--pid <pid>' argument 'x' is invalid. Give a whole number from 1 to 4194304.",
      hint: 'run "ts-ebpf trace exec --help" for all options and examples',
    });
    await refusesInJson(["doctr", "--json"], {
      message: "unknown command 'doctr'\n(Did you mean doctor?)",
      hint: 'run "ts-ebpf --help" for all options and examples',
    });
  });
});

describe("ts-ebpf", () => {
  it("runs from its sources", () => {
    const words = ["--conditions=@ts-ebpf/source", launcher, "--version"];
    assert.equal(execFileSync(process.execPath, words, { encoding: "utf8" }), `${version}\n`);
  });
  it("runs as it was built, or from its sources", () => {
    const words = [launcher, "--version"];
    assert.equal(execFileSync(process.execPath, words, { encoding: "utf8" }), `${version}\n`);
  });
  it("tells an old Node what to do", () => {
    const old = `globalThis.process = Object.create(process, { versions: { value: { node: "20.1.2" } } });`;
    const words = ["--import", `data:text/javascript,${encodeURIComponent(old)}`, launcher];
    const { status, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
    assert.equal(status, ExitCode.usage);
    assert.match(stderr, /^ts-ebpf needs Node\.js 24 or newer, .*\n {2}hint: install it/);
  });
  it("uses nothing that an old Node cannot parse", () => {
    const text = readFileSync(launcher, "utf8").replaceAll(/\/\/.*|\/\*[\s\S]*?\*\//g, "");
    assert.doesNotMatch(text, /=>|\?\?|\?\.|`|\b(const|let|class|async|await|import .* from)\b/);
  });
  it("fails when its output cannot be written", () => {
    const words = ["-c", `"$0" "$1" --help > /dev/full`, process.execPath, launcher];
    const { status, stderr } = spawnSync("sh", words, { encoding: "utf8" });
    assert.equal(status, ExitCode.failed);
    assert.match(stderr, /cannot write the output: ENOSPC/);
  });
  it("ends quietly when nobody reads", () => {
    const words = [
      "-c",
      `("$0" "$1" --help; echo "ended with $?" >&2) | true`,
      process.execPath,
      launcher,
    ];
    const { stderr } = spawnSync("sh", words, { encoding: "utf8" });
    assert.equal(stderr, "ended with 0\n");
  });
});
