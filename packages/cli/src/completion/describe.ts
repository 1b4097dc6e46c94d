/**
 * The command line as a shell needs to know it: which words can stand where.
 *
 * It is read off the commands themselves, so a completion script never knows another command line than the command does.
 * @module
 */
import type { Argument, Command, Option } from "commander";
import type { HintedArgument, HintedOption, ValueKind } from "./hint.ts";

/** One command. */
export interface CommandDescription {
  /** The words that lead to it, each after a slash: `/trace/exec`; empty for the command without words. */
  readonly route: string;
  readonly subcommands: readonly WordDescription[];
  readonly options: readonly OptionDescription[];
  /** What its argument can be, where that is a choice. */
  readonly choices: readonly string[];
  /** Whether its arguments are files or folders. */
  readonly takesFiles: boolean;
}

/** A word that can stand for itself. */
export interface WordDescription {
  readonly name: string;
  readonly summary: string;
}

/** An option. */
export interface OptionDescription {
  /** `-h` and `--help`, or only the long form. */
  readonly flags: readonly string[];
  readonly summary: string;
  /** What stands behind it: nothing, any text, or what a shell can list. */
  readonly value: ValueKind | "choice" | "text" | undefined;
  /** What a `choice` is between. */
  readonly choices: readonly string[];
  readonly repeatable: boolean;
}

/** `root` and all commands below it, outer ones first; those with several names once for each. */
export function describeCommands(root: Command, route = ""): readonly CommandDescription[] {
  const help = root.createHelp();
  const below = root.commands.flatMap((command) =>
    namesOf(command).flatMap((name) => describeCommands(command, `${route}/${name}`)),
  );
  const described: CommandDescription = {
    route,
    subcommands: help.visibleCommands(root).flatMap((command) =>
      namesOf(command).map((name) => ({
        name,
        summary: command.summary() || command.description(),
      })),
    ),
    options: help.visibleOptions(root).map(describeOption),
    choices: root.registeredArguments.flatMap((argument: Argument) => argument.argChoices ?? []),
    takesFiles: root.registeredArguments.some(isOfFiles),
  };
  return [described, ...below];
}

function namesOf(command: Command): readonly string[] {
  return [command.name(), ...command.aliases()];
}

function isOfFiles(argument: Argument | HintedArgument): boolean {
  // Not by class, see below.
  return "hint" in argument && argument.hint.values === "file";
}

function describeOption(option: Option | HintedOption): OptionDescription {
  // Not by class: this file is bundled apart from the one that made the options.
  const { values, repeatable = false } = "hint" in option ? option.hint : {};
  const choices = option.argChoices ?? [];
  const usual = choices.length > 0 ? "choice" : "text";
  return {
    flags: [option.short, option.long].filter((flag) => flag !== undefined),
    summary: option.description,
    value: option.required ? (values ?? usual) : undefined,
    choices,
    repeatable,
  };
}

/** The pairs of route and flag after which a value of this kind stands. */
export function valuesOfKind(
  commands: readonly CommandDescription[],
  kind: OptionDescription["value"],
): readonly { readonly route: string; readonly flag: string }[] {
  return commands.flatMap(({ route, options }) =>
    options
      .filter(({ value }) => value === kind)
      .flatMap(({ flags }) => flags.map((flag) => ({ route, flag }))),
  );
}
