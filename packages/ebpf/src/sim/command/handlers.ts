/**
 * What a handler of a command is.
 * @module
 */
import type { Command, CommandAttributes, CommandResult } from "../../kernel/commands.ts";
import type { Core } from "../core.ts";

/** Handlers by command. */
export type Handlers = {
  readonly [C in Command]?: (core: Core, attributes: CommandAttributes<C>) => CommandResult<C>;
};
