/**
 * The command line of `list` and of all it lists. What it does is loaded when it is run.
 * @module
 */
import { Command } from "commander";
import type { Context } from "../context.ts";

/** What can be listed. */
export type ListedKind = "programs" | "maps" | "links" | "btf";

/** Options of each of them. */
export interface ListOptions {
  readonly holders?: boolean;
  readonly pins?: boolean;
  readonly json?: boolean;
}

const notes = `
Examples:
  $ ts-ebpf list programs                 everything that is loaded, whoever loaded it
  $ ts-ebpf list maps --holders --pins    and who keeps it
  $ ts-ebpf list links
  $ ts-ebpf list btf
  $ ts-ebpf list programs --json | jq '.[] | {id, name, runCount}'

Needs CAP_SYS_ADMIN.`;

const summaries: { readonly [Kind in ListedKind]: string } = {
  programs: "programs, with their size, maps and runs",
  maps: "maps, with their sizes",
  links: "links: which program is attached to what",
  btf: "BTF: of the kernel, its modules, and programs",
};

/** The command `list` with all it has. */
export function listCommand(context: Context): Command {
  const command = new Command("list")
    .summary("list what the kernel has loaded")
    .description("Lists what the kernel has loaded, by number.")
    .addHelpText("after", notes);
  for (const kind of Object.keys(summaries) as ListedKind[]) {
    command.addCommand(kindCommand(kind, context));
  }
  return command;
}

const countNotes = `

RUNS and NS/RUN count while kernel.bpf_stats_enabled is 1, or something else has switched statistics
on.`;

function kindCommand(kind: ListedKind, context: Context): Command {
  const examples = `
Examples:
  $ ts-ebpf list ${kind}
  $ ts-ebpf list ${kind} --holders --json

Needs CAP_SYS_ADMIN. With --json, one array is printed.${kind === "programs" ? countNotes : ""}`;
  return new Command(kind)
    .summary(summaries[kind])
    .description(`Lists ${summaries[kind]}.`)
    .option("--holders", "tell which processes hold each by a descriptor")
    .option("--pins", "tell where each is pinned, in file systems that are mounted here")
    .option("--json", "print one array for programs")
    .addHelpText("after", examples)
    .action(async (options: ListOptions) => {
      const { listLoaded } = await import("./run.ts");
      await listLoaded(kind, options, context);
    });
}
