/**
 * The command line of `object` and of what it does with object files. What that is, is loaded when it is run.
 * @module
 */
import { Command } from "commander";
import { HintedArgument, HintedOption } from "../completion/hint.ts";
import type { Context } from "../context.ts";

/** Options that all have. */
export interface ObjectOptions {
  readonly json?: boolean;
}

/** Options of `object inspect`. */
export interface InspectOptions extends ObjectOptions {
  readonly sections?: boolean;
  readonly relocations?: boolean;
  /** BTF of the kernel to relocate for; that of the running one when left out. */
  readonly btf?: string;
}

/** Options of `object link`. */
export interface LinkOptions extends ObjectOptions {
  /** File to write. */
  readonly out: string;
}

const notes = `
Examples:
  $ ts-ebpf object inspect filter.o             programs, maps and variables
  $ ts-ebpf object load filter.o                whether this kernel takes it, program by program
  $ ts-ebpf object link -o all.o a.o b.o        several objects as one`;

const inspectNotes = `
Told are programs, maps with the types of their elements, variables, settings of the kernel's build and
what is used of the kernel by name. --relocations tells, program by program, what depends on the
kernel's types, and what it becomes for this kernel or that of --btf. --json tells sections, too.
A file that cannot be read is told, and the others are gone on with; the exit code is 1 then.

Examples:
  $ ts-ebpf object inspect filter.o
  $ ts-ebpf object inspect filter.o --relocations --btf vmlinux-5.15.btf
  $ ts-ebpf object inspect *.o --json | jq '.objects[].programs[].name'

Needs no privileges.`;

const loadNotes = `
Each program is loaded alone with all maps of its file, attached to nothing, and unloaded again. What
the verifier says against one is shown with its line of the source. So is each struct of functions
(.struct_ops) with its programs; one that this kernel does not have, and that no program is in, is
left out. Of a file without programs the maps are made. A file that cannot be read is told, and the
others are gone on with.

Examples:
  $ ts-ebpf object load filter.o
  $ ts-ebpf object load *.o --json | jq '.objects[].programs[] | select(.error)'

Exit code 1 when something is refused or a file cannot be read, 3 when something is not allowed or not
supported. Needs CAP_BPF, with CAP_PERFMON or CAP_NET_ADMIN for most.`;

const linkNotes = `
What one file declares extern is what another one defines; a strong definition goes before __weak ones,
and two strong ones are refused. Licences have to be the same. What debuggers read is left out, so to
link a single file makes it smaller. The result is an object for any loader.

Examples:
  $ ts-ebpf object link -o all.o main.o library.o

Needs no privileges.`;

/** The command `object` with all it has. */
export function objectCommand(context: Context): Command {
  return new Command("object")
    .summary("look into object files, try to load them, link them")
    .description("Works with object files of BPF, whichever compiler made them.")
    .addCommand(inspectCommand(context))
    .addCommand(loadCommand(context))
    .addCommand(linkCommand(context))
    .addHelpText("after", notes);
}

function files(): HintedArgument {
  return new HintedArgument("<file...>", "object files", { values: "file" });
}

function inspectCommand(context: Context): Command {
  return new Command("inspect")
    .summary("what is in object files")
    .description("Shows programs, maps, variables and what else is in object files.")
    .addArgument(files())
    .option("--sections", "show the sections of the file, too")
    .option("--relocations", "show what becomes of relocations for a kernel's types")
    .addOption(
      new HintedOption("--btf <file>", "BTF of the kernel (default: this one's)", {
        values: "file",
      }),
    )
    .option("--json", "print one object for programs")
    .addHelpText("after", inspectNotes)
    .action(async (paths: readonly string[], options: InspectOptions) => {
      const { inspectObjects } = await import("./inspect.ts");
      await inspectObjects(paths, options, context);
    });
}

function loadCommand(context: Context): Command {
  return new Command("load")
    .summary("whether this kernel takes object files, and why not")
    .description(
      "Loads each program of object files, tells what the verifier says, and unloads it.",
    )
    .addArgument(files())
    .option("--json", "print one object for programs")
    .addHelpText("after", loadNotes)
    .action(async (paths: readonly string[], options: ObjectOptions) => {
      const { loadObjects } = await import("./load.ts");
      loadObjects(paths, options, context);
    });
}

function linkCommand(context: Context): Command {
  return new Command("link")
    .summary("several object files as one")
    .description("Links object files into one, as if their sources had been one file.")
    .addArgument(files())
    .addOption(
      new HintedOption("-o, --out <file>", "file to write", {
        values: "file",
      }).makeOptionMandatory(),
    )
    .option("--json", "print one object for programs")
    .addHelpText("after", linkNotes)
    .action(async (paths: readonly string[], options: LinkOptions) => {
      const { linkFiles } = await import("./link.ts");
      linkFiles(paths, options, context);
    });
}
