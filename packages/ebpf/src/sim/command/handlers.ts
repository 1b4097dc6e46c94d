/**
 * What a handler of a command is.
 * @module
 */
import type { Command, CommandAttributes, CommandResult } from "../../kernel/commands.ts";
import { isAtLeast } from "../../kernel/feature.ts";
import { commandSince } from "../../kernel/since.ts";
import type { Core } from "../core.ts";

/** Handlers by command. */
export type Handlers = {
  readonly [C in Command]?: (core: Core, attributes: CommandAttributes<C>) => CommandResult<C>;
};

/** Whether a kernel of this version has a command. */
export function hasCommand({ version }: Core, command: Command): boolean {
  return isAtLeast(version, commandSince[command]);
}
