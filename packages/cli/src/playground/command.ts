/**
 * The command line of `playground`. What it does is loaded when it is run.
 * @module
 */
import { Command, Option } from "commander";
import type { Context } from "../context.ts";
import { parsePort } from "../value/whole-number.ts";

/** Options of `playground`. */
export interface PlaygroundOptions {
  /** 0 means any that is free. */
  readonly port: number;
  readonly json?: boolean;
}

const notes = `
Prints the address of a page and serves it to this machine alone, until Ctrl-C. In the page, programs
are compiled as you type, run on packets on a simulated kernel, and gone through line by line, also
backwards. All of it happens in the browser: nothing is attached anywhere, nothing is loaded from the
network.

Examples:
  $ ts-ebpf playground
  $ ts-ebpf playground --port 8080
  $ ssh -L 8080:127.0.0.1:8080 server ts-ebpf playground --port 8080      from another machine

Needs no privileges, and a browser of 2025 or later.`;

/** The command `playground`. */
export function playgroundCommand(context: Context): Command {
  return new Command("playground")
    .summary("write, run and step through programs in a browser")
    .description("Serves a page in which programs are written, run and stepped through.")
    .addOption(
      new Option("--port <number>", "port to listen on")
        .argParser(parsePort)
        .default(0, "one that is free"),
    )
    .option("--json", "print the address as an object")
    .addHelpText("after", notes)
    .action(async (options: PlaygroundOptions) => {
      const { servePlayground } = await import("./run.ts");
      await servePlayground(options, context);
    });
}
