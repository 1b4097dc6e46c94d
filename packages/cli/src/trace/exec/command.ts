/**
 * The command line of `trace exec`. What it does is loaded when it is run.
 * @module
 */
import { Command, InvalidArgumentError, Option } from "commander";
import { repeatable } from "../../completion/repeatable.ts";
import type { Context } from "../../context.ts";
import { formatByteSize } from "../../value/byte-size.ts";
import { parseRingSize } from "../../value/ring-size.ts";
import { parseDuration } from "../../value/duration.ts";
import { parseUser } from "../../value/user.ts";
import { parseCount, parseProcessId } from "../../value/whole-number.ts";

/** Options of `trace exec`, as given or by default. */
export interface ExecOptions {
  readonly json?: boolean;
  readonly header: boolean;
  /** Milliseconds; for ever when left out. */
  readonly duration?: number;
  readonly count?: number;
  /** Filters; without one, everything is shown. */
  readonly pid?: readonly number[];
  readonly ppid?: readonly number[];
  readonly uid?: readonly number[];
  readonly command?: readonly string[];
  /** Bytes. */
  readonly ringSize: number;
  /** Whether recorded executions are shown by a simulated kernel: always, or only where nothing may be traced. */
  readonly sim?: SimulateWhen;
}

/** When the simulated kernel is taken. */
export type SimulateWhen = (typeof simulateWhen)[number];

const simulateWhen = ["always", "unprivileged"] as const;

const defaultRingBytes = 1 << 20;

const notes = `
Values of one option are alternatives, different options must all match. The kernel applies them,
so that what is not wanted costs nothing. Process ids are those of the machine, not of a container.

The table cuts long lines on a terminal; into files and pipes everything is written. With --json
each line is an object of "type" "exec", and the last one, of "type" "summary", tells how many
executions were printed ("events") and how many the kernel had to drop ("lost").

With --sim the same program runs on a simulated kernel, which needs no privileges, on executions that
were recorded on a real one; it ends after the last of them. --sim=unprivileged does so only where
the real kernel cannot be traced, and says why.

Examples:
  $ ts-ebpf trace exec                          every program that is started, as it is started
  $ ts-ebpf trace exec --uid www-data           only those of one user
  $ ts-ebpf trace exec --ppid 4711              only what process 4711 starts
  $ ts-ebpf trace exec --command git --command ssh
  $ ts-ebpf trace exec --duration 1m --json > executions.jsonl
  $ ts-ebpf trace exec --sim                    recorded executions, without privileges
  $ ts-ebpf trace exec --json | jq -r 'select(.type == "exec") | .arguments | join(" ")'

Ends with Ctrl-C. Needs root, or CAP_BPF and CAP_PERFMON; "ts-ebpf doctor" tells what is missing.`;

/** The command `exec` of `trace`. */
export function execCommand(context: Context): Command {
  return new Command("exec")
    .summary("show programs as they are started")
    .description(
      "Shows every execution of a program on this machine: when, by whom, what, with which arguments.",
    )
    .addOption(processes("--pid <pid>", "only executions by this process, which keeps its id"))
    .addOption(processes("--ppid <pid>", "only executions by children of this process"))
    .addOption(users("--uid <user>", "only programs of this user: number or name"))
    .addOption(names("--command <name>", "only programs of this name; 15 bytes are compared"))
    .option("--duration <time>", "end after this time: 10s, 500ms, 2m", parseDuration)
    .option("--count <number>", "end after this many executions", parseCount)
    .option("--json", "print objects for programs instead of a table")
    .option("--no-header", "leave out the titles of the table")
    .addOption(
      new Option("--ring-size <size>", "room for executions not yet printed, a power of two")
        .argParser(parseRingSize)
        .default(defaultRingBytes, formatByteSize(defaultRingBytes)),
    )
    .addOption(
      new Option("--sim [when]", "show recorded executions on a simulated kernel")
        .choices(simulateWhen)
        .preset("always"),
    )
    .addHelpText("after", notes)
    .action(async (options: ExecOptions) => {
      const { traceExec } = await import("./run.ts");
      await traceExec(options, context);
    });
}

const processes = (flags: string, description: string): Option =>
  repeatable(flags, description, { parse: parseProcessId, values: "process" });

const users = (flags: string, description: string): Option =>
  repeatable(flags, description, { parse: (text) => parseUser(text), values: "user" });

const names = (flags: string, description: string): Option =>
  repeatable(flags, description, { parse: parseName });

function parseName(text: string): string {
  if (text === "") throw new InvalidArgumentError("No process has an empty name.");
  return text;
}
