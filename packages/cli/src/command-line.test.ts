import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Command } from "commander";
import { createCommandLine, pathOf, withSubcommands } from "./command-line.ts";
import { capturedContext, withEnvironment } from "./testing/captured.ts";

const plain = { NO_COLOR: undefined, FORCE_COLOR: undefined };

/** The help of the command at `path`, as `--help` prints it to a pipe. */
function helpOf(path: string): string {
  const context = capturedContext();
  withEnvironment(plain, () => {
    const command = withSubcommands(createCommandLine(context)).find((one) => pathOf(one) === path);
    command!.outputHelp();
  });
  return context.written.out.text;
}

describe("help", () => {
  const commands: readonly Command[] = withSubcommands(createCommandLine(capturedContext()));

  for (const command of commands) {
    const path = pathOf(command);
    it(`of ${path} has examples that begin with the command`, () => {
      const [, examples = ""] = helpOf(path).split("Examples:\n");
      assert.match(examples, new RegExp(`^ {2}\\$ (source <\\()?${path}\\b`, "m"));
    });
    it(`of ${path} describes every option`, () => {
      for (const { flags, description } of command.options) assert.ok(description, flags);
      assert.ok(command.description());
    });
    it(`of ${path} is no wider than 100 columns`, () => {
      for (const line of helpOf(path).split("\n")) assert.ok(line.length <= 104, line);
    });
  }

  it("lists commands", () => {
    const help = helpOf("ts-ebpf");
    for (const name of [
      "doctor",
      "trace",
      "run",
      "build",
      "sim",
      "dump",
      "list",
      "show",
      "types",
      "completion",
      "help",
    ]) {
      assert.match(help, new RegExp(`^ {2}${name}\\b`, "m"));
    }
  });
  it("tells exit codes", () => assert.match(helpOf("ts-ebpf"), /^Exit codes: 0 .*1 .*2 .*3 /m));
  it("has no colours on pipes", () => assert.ok(!helpOf("ts-ebpf trace exec").includes("\x1b")));
  it("has colours on terminals", () => {
    const context = capturedContext({ columns: 100 });
    const environment = { ...plain, TERM: "xterm-256color" };
    withEnvironment(environment, () => createCommandLine(context).outputHelp());
    assert.match(context.written.out.text, /\x1b\[36m.*doctor/);
  });
  for (const columns of [70, 40]) {
    it(`is as wide as a terminal of ${columns} columns`, () => {
      const context = capturedContext({ columns });
      withEnvironment({ NO_COLOR: "1", FORCE_COLOR: undefined }, () =>
        createCommandLine(context).outputHelp(),
      );
      const [generated = ""] = context.written.out.text.split("Examples:");
      for (const line of generated.split("\n")) assert.ok(line.length <= columns, line);
    });
  }
  it("shows all options of trace exec", () => {
    const [usage = ""] = helpOf("ts-ebpf trace exec").split("\n\nValues");
    assert.equal(
      usage,
      `Usage: ts-ebpf trace exec [options]

Shows every execution of a program on this machine: when, by whom, what, with
which arguments.

Options:
  --pid <pid>         only executions by this process, which keeps its id
                      (repeatable)
  --ppid <pid>        only executions by children of this process (repeatable)
  --uid <user>        only programs of this user: number or name (repeatable)
  --command <name>    only programs of this name; 15 bytes are compared
                      (repeatable)
  --duration <time>   end after this time: 10s, 500ms, 2m
  --count <number>    end after this many executions
  --json              print objects for programs instead of a table
  --no-header         leave out the titles of the table
  --ring-size <size>  room for executions not yet printed, a power of two
                      (default: 1M)
  --sim [when]        show recorded executions on a simulated kernel (choices:
                      "always", "unprivileged", preset: "always")
  -h, --help          show this help`,
    );
  });
});
