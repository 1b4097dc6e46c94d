/**
 * What a handler of a command is.
 * @module
 */
import type { Command, CommandAttributes, CommandResult } from "../../kernel/commands.ts";
import type { Caller } from "../call/caller.ts";

/** One function for each command: encodes its attributes, makes the call, decodes what came back. */
export type Handlers = {
  readonly [C in Command]: (caller: Caller, attributes: CommandAttributes<C>) => CommandResult<C>;
};

/** The handlers of some commands. */
export type SomeHandlers<C extends Command> = Pick<Handlers, C>;
