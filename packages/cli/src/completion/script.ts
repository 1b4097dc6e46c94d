/**
 * Completion scripts by shell.
 * @module
 */
import type { Command } from "commander";
import { bashScript } from "./bash.ts";
import type { Shell } from "./command.ts";
import { describeCommands, type CommandDescription } from "./describe.ts";
import { fishScript } from "./fish.ts";
import { zshScript } from "./zsh.ts";

const scripts: { readonly [Name in Shell]: (commands: readonly CommandDescription[]) => string } = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** The script for `shell` that completes the commands of `root`. */
export function completionScript(shell: Shell, root: Command): string {
  return scripts[shell](describeCommands(root));
}
