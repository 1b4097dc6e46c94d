/**
 * The command line of `run`. What it does is loaded when it is run.
 * @module
 */
import { Command, Option } from "commander";
import { HintedArgument, HintedOption } from "../completion/hint.ts";
import { repeatable } from "../completion/repeatable.ts";
import type { Context } from "../context.ts";
import { type WorldOptions, worldOption } from "../sim/world-option.ts";
import { type Assignment, parseAssignment } from "../value/assignment.ts";
import { parseDuration } from "../value/duration.ts";
import { parseCount, parseProcessId } from "../value/whole-number.ts";

/** Options of `run`, as given or by default. */
export interface RunOptions extends WorldOptions {
  /** Programs to run; all when left out. */
  readonly export?: readonly string[];
  /** Values of variables. */
  readonly set?: readonly Assignment[];
  /** Where programs attach that do not say it themselves. */
  readonly interface?: string;
  readonly cgroup?: string;
  readonly pid?: number;
  /** Milliseconds; for ever when left out. */
  readonly duration?: number;
  /** Events to print at most. */
  readonly count?: number;
  /** Milliseconds between showings of the maps; only at the end when left out. */
  readonly interval?: number;
  readonly perCpu?: boolean;
  /** Elements of each map to show. */
  readonly rows: number;
  readonly watch?: boolean;
  /** On a simulated kernel. */
  readonly sim?: boolean;
  /** File with what happens there. */
  readonly input?: string;
  /** Functions and tracepoints that it has beside those of its types. */
  readonly function?: readonly string[];
  readonly tracepoint?: readonly string[];
  readonly json?: boolean;
}

const defaultRows = 50;

const notes = `
The file exports programs and maps. All programs are loaded and attached where they say; those for an
interface, a control group or a process may leave that to the options. Events of ring buffers are
shown as they come, a table for each; maps, variables and what iterators write at the end, or every
--interval. Elements of arrays that are zero are left out; of per-CPU maps the sum is shown.

With --watch, the file and what it imports by path are loaded anew when they change. What does not
compile is told, and what ran before runs on. Maps start anew each time.

With --json each line is an object whose "type" is "event" ("event" names the ring, "data" is the
event), "map" ("map", "elements"), "variable", "iterator" or, last, "summary". Integers of 64 bits
are text where numbers of JSON would not be exact.

With --sim, programs are loaded into a simulated kernel, which needs no privileges, and attached
there. What happens in it say the lines of --input, each an object: "fire" is what happens
(tracepoint, rawTracepoint, kernelFunction, systemCall, userFunction, usdt, lsm, sample, cgroup,
receive, send…), "with" the list of what it happens with, "task" the process, "afterNs" how long
after the line before. Behind the last line it ends.

The simulated kernel has the functions and tracepoints of the running kernel's types, where these can
be read, and else of a part of a kernel. Others are declared with --function and --tracepoint, or
together with all that it shall be and have in the file of --world, an object in JSON: "version",
"cpus", "cpu", "seed", "checking" (lenient, strict, off), "now", "task", "functions", "tracepoints",
"interfaces", "cgroups" (path to number), "files" (path to text, { "hex": … } or { "functions": […],
"probes": […] } for probes to go to), "iterators" (kind to the objects that are walked over), "types"
(file with BTF of the kernel), "kfuncs" (function of the kernel to what it gives to programs: 7,
{ "pid": 42 } where it gives a task), "settings" (CONFIG_… to 250, true, "m", "a text"), "injections"
([{ "command": "mapCreate", "error": "ENOMEM", "times": 1 },
{ "lose": "ringbuf", "probability": 0.1 }]).
Integers beyond 2^53 are { "integer": "…" }.

Examples:
  $ ts-ebpf run count.ts
  $ ts-ebpf run count.ts --set target=4711 --duration 10s
  $ ts-ebpf run count.ts --interval 1s --rows 10          the largest counts, every second
  $ ts-ebpf run firewall.ts --interface eth0 --export onPacket
  $ ts-ebpf run connect.ts --cgroup /sys/fs/cgroup/user.slice
  $ ts-ebpf run count.ts --json | jq 'select(.type == "event") | .data'
  $ ts-ebpf run count.ts --watch
  $ ts-ebpf run count.ts --sim --input events.jsonl       without privileges
  $ ts-ebpf run probe.ts --sim --function my_driver_open --input opened.jsonl
  $ ts-ebpf run probe.ts --sim --world kernel.json --input opened.jsonl

Ends with Ctrl-C. Needs root or what the programs need; "ts-ebpf doctor" tells what is missing.`;

/** The command `run`. */
export function runCommand(context: Context): Command {
  return new Command("run")
    .summary("load a file's programs, and show what they see")
    .description("Loads and attaches the programs that a file exports, and shows what they see.")
    .addArgument(new HintedArgument("<file>", "file that exports programs", { values: "file" }))
    .addOption(repeatable("--export <name>", "only this program", { parse: String }))
    .addOption(
      repeatable("--set <name=value>", "value of a variable of the file", {
        parse: parseAssignment,
      }),
    )
    .addOption(
      new HintedOption("--interface <name>", "where programs for interfaces attach", {
        values: "interface",
      }),
    )
    .addOption(
      new HintedOption("--cgroup <path>", "where programs for control groups attach", {
        values: "file",
      }),
    )
    .addOption(
      new HintedOption("--pid <pid>", "the process that probes and samples are of", {
        values: "process",
      }).argParser(parseProcessId),
    )
    .option("--duration <time>", "end after this time: 10s, 500ms, 2m", parseDuration)
    .option("--count <number>", "end after this many events", parseCount)
    .option("--interval <time>", "show maps again and again, this far apart", parseDuration)
    .option("--per-cpu", "show each CPU's value instead of the sum")
    .addOption(
      new Option("--rows <number>", "elements of a map to show in tables")
        .argParser(parseCount)
        .default(defaultRows),
    )
    .option("--sim", "load into a simulated kernel, without privileges")
    .addOption(
      new HintedOption("--input <file>", "what happens in the simulated kernel, an object a line", {
        values: "file",
      }),
    )
    .addOption(worldOption())
    .addOption(
      repeatable("--function <name>", "a function that the simulated kernel has", {
        parse: String,
      }),
    )
    .addOption(
      repeatable("--tracepoint <name>", "a tracepoint that it has: category/name", {
        parse: String,
      }),
    )
    .option("--watch", "load anew whenever the file or what it imports changes")
    .option("--json", "print objects for programs instead of tables")
    .addHelpText("after", notes)
    .action(async (file: string, options: RunOptions) => {
      const { runPrograms } = await import("./run.ts");
      await runPrograms(file, options, context);
    });
}
