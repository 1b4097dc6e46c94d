/**
 * The command: parses, runs, and turns what happened into an exit code.
 * @module
 */
import { CommanderError, type Command } from "commander";
import { createCommandLine, pathOf, withSubcommands } from "./command-line.ts";
import { processContext, type Context } from "./context.ts";
import { ExitCode } from "./exit-code.ts";

/** Runs the command that `words` (the command line without node and script) asks for. Never throws. */
export async function main(
  words: readonly string[],
  context: Context = processContext(),
): Promise<ExitCode> {
  const commandLine = createCommandLine(context, words[0]);
  const json = words.includes("--json");
  if (json) silence(commandLine);
  let running: Command | undefined;
  commandLine.hook("preAction", (_root, command) => {
    running = command;
  });
  try {
    await commandLine.parseAsync(spelledOut(commandLine, words), { from: "user" });
    return context.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return ExitCode.ok; // Help or the version was asked for.
      if (json) context.stderr.write(`${jsonOf(error, namedIn(commandLine, words).command)}\n`);
      return ExitCode.usage;
    }
    const { reportError } = await import("./error-report.ts");
    return reportError(error, { context, json: running?.opts()["json"] === true });
  }
}

const nothing = (): void => undefined;

/** Lets the parser say nothing about wrong usage: programs are told in JSON. */
function silence(commandLine: Command): void {
  for (const command of withSubcommands(commandLine))
    command.configureOutput({ writeErr: nothing, outputError: nothing });
}

function jsonOf({ message }: CommanderError, command: Command): string {
  const hint = `run "${pathOf(command)} --help" for all options and examples`;
  const text = message.replace(/^error: /, "");
  return JSON.stringify({ type: "error", code: "USAGE", name: "UsageError", message: text, hint });
}

/**
 * The words as the parser takes them for what they mean: `help trace exec` is `trace exec --help`. Help of what is no
 * command is not asked for, so that the parser says so.
 */
function spelledOut(commandLine: Command, words: readonly string[]): readonly string[] {
  const [first, ...rest] = words;
  const isHelp = first === "help" && rest.length > 0;
  const wanted = isHelp ? rest : words;
  if (namedIn(commandLine, wanted).isUnknown)
    return wanted.filter((word) => word !== "--help" && word !== "-h");
  return isHelp ? [...rest, "--help"] : words;
}

interface Named {
  /** The innermost command that the words name. */
  readonly command: Command;
  /** Whether a word stands where a command should, and is none. */
  readonly isUnknown: boolean;
}

function namedIn(commandLine: Command, words: readonly string[]): Named {
  let command = commandLine;
  for (const word of words) {
    if (command.commands.length === 0 || word.startsWith("-") || word === "help") break;
    const next = command.commands.find(
      (one) => one.name() === word || one.aliases().includes(word),
    );
    if (next === undefined) return { command, isUnknown: true };
    command = next;
  }
  return { command, isUnknown: false };
}
