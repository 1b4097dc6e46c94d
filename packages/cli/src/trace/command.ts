/**
 * The group of commands that watch something happen.
 * @module
 */
import { Command } from "commander";
import type { Context } from "../context.ts";
import { execCommand } from "./exec/command.ts";

const notes = `
Examples:
  $ ts-ebpf trace exec                watch programs being started
  $ ts-ebpf trace exec --help         all options, with examples`;

/** The command `trace` with all it has. */
export function traceCommand(context: Context): Command {
  return new Command("trace")
    .summary("watch what the machine does, live")
    .description("Watches what the machine does, live, until Ctrl-C.")
    .addCommand(execCommand(context))
    .addHelpText("after", notes);
}
