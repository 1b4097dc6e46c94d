/**
 * The command line: all commands, and what they have in common.
 *
 * Here are only definitions, which is why `ts-ebpf --help` loads nothing of eBPF: a command imports what it does when it is
 * run. Wrong usage becomes an exception, so that nothing but `main` decides how the process ends.
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { btfCommand } from "./btf/command.ts";
import { buildCommand } from "./build-object/command.ts";
import { completionCommand } from "./completion/command.ts";
import type { Context } from "./context.ts";
import { doctorCommand } from "./doctor/command.ts";
import { dumpCommand } from "./dump/command.ts";
import { explainCommand } from "./explain/command.ts";
import { listCommand } from "./list/command.ts";
import { objectCommand } from "./object/command.ts";
import { perfCommand } from "./perf/command.ts";
import { playgroundCommand } from "./playground/command.ts";
import { replCommand } from "./repl/command.ts";
import { runCommand } from "./run/command.ts";
import { showCommand } from "./show/command.ts";
import { simCommand } from "./sim/command.ts";
import { paintFor } from "./terminal/colour.ts";
import { traceCommand } from "./trace/command.ts";
import { typesCommand } from "./types/command.ts";

const notes = `
Examples:
  $ ts-ebpf doctor                    what this machine can do, and how to mend what it cannot
  $ ts-ebpf trace exec                watch programs being started
  $ ts-ebpf run count.ts              programs of your own, in TypeScript
  $ ts-ebpf repl                      the same line by line
  $ ts-ebpf playground                the same in a browser, with no kernel
  $ ts-ebpf build count.ts            the same as an object file for other loaders
  $ ts-ebpf object load filter.o      whether this kernel takes an object file, and why not
  $ ts-ebpf explain verifier.log      why the verifier rejected a program, and what to do
  $ ts-ebpf perf run filter.bench.ts  whether programs have become slower
  $ ts-ebpf btf dump file a.o         types as C, TypeScript, text or JSON
  $ ts-ebpf list programs             what the kernel has loaded, whoever loaded it
  $ ts-ebpf show program 42           what the kernel has made of it
  $ ts-ebpf types                     the kernel's types, for your editor
  $ ts-ebpf completion bash           completion for your shell

Exit codes: 0 done (Ctrl-C included), 1 failed, 2 wrong usage, 3 privileges or kernel features missing.
Colours: on terminals; NO_COLOR=1 switches them off, FORCE_COLOR=1 on.`;

/** Width of help that goes to a file or pipe. */
const usualWidth = 80;

/** Makes a command; `root` is what it is put below. */
type CommandMaker = (context: Context, root: Command) => Command;

/** The commands by name, in the order of the help. */
const commands: Readonly<Record<string, CommandMaker>> = {
  doctor: doctorCommand,
  trace: traceCommand,
  run: runCommand,
  repl: replCommand,
  playground: playgroundCommand,
  build: buildCommand,
  object: objectCommand,
  btf: btfCommand,
  explain: explainCommand,
  sim: simCommand,
  perf: perfCommand,
  dump: dumpCommand,
  list: listCommand,
  show: showCommand,
  types: typesCommand,
  completion: completionCommand,
};

/** Other names of commands. */
const aliases: Readonly<Record<string, string>> = { disasm: "dump" };

/**
 * The whole command line, with nothing parsed yet; or just the command that `word` names, which is defined in a fraction of the
 * time. A name that is no command's means the whole.
 */
export function createCommandLine(context: Context, word = ""): Command {
  const only = aliases[word] ?? word;
  const root = new Command("ts-ebpf")
    .description("See what the kernel does: eBPF without a compiler.")
    .version(readVersion(), "-V, --version", "print the version")
    .addHelpText("after", notes);
  const chosen =
    Object.hasOwn(commands, only) && only !== "completion" ? [only] : Object.keys(commands);
  for (const name of chosen) root.addCommand(commands[name]!(context, root));
  for (const command of withSubcommands(root)) configure(command, context);
  return root;
}

/** `command` and all below it. */
export function withSubcommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

function configure(command: Command, context: Context): void {
  const term = (text: string): string => paintFor(context.stdout, "cyan")(text);
  command
    .exitOverride()
    .helpOption("-h, --help", "show this help")
    .showSuggestionAfterError()
    .showHelpAfterError(`Run "${pathOf(command)} --help" for all options and examples.`)
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text),
      getOutHelpWidth: () => (context.stdout.isTTY ? context.stdout.columns : usualWidth),
      getErrHelpWidth: () => (context.stderr.isTTY ? context.stderr.columns : usualWidth),
      // Colours are put in only where they are wanted, see below.
      getOutHasColors: () => true,
      getErrHasColors: () => true,
      outputError: (text, write) => write(paintFor(context.stderr, "red")(text.trimEnd()) + "\n"),
    })
    .configureHelp({
      // Below this, lines are left to the terminal.
      minWidthToWrap: 16,
      // What a command takes is said in its own help.
      subcommandTerm: (subcommand) => subcommand.name(),
      styleTitle: (text) => paintFor(context.stdout, ["bold", "underline"])(text),
      styleOptionTerm: term,
      styleSubcommandTerm: term,
    });
  if (command.commands.length > 0)
    command.helpCommand("help [command]", "show the help of a command");
}

/** `"ts-ebpf trace exec"`: what one types to get to `command`. */
export function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

/** From package.json, which is one folder above the sources and two above the bundle. */
function readVersion(): string {
  const file = ["..", "../.."]
    .map((folder) => join(import.meta.dirname, folder, "package.json"))
    .find((path) => existsSync(path));
  const { version } = JSON.parse(readFileSync(file!, "utf8")) as { readonly version: string };
  return version;
}
