/**
 * The command line of `types`. What it does is loaded when it is run.
 * @module
 */
import { Command } from "commander";
import { HintedArgument, HintedOption } from "../completion/hint.ts";
import { repeatable } from "../completion/repeatable.ts";
import type { Context } from "../context.ts";
import { type Assignment, parseAssignment } from "../value/assignment.ts";

/** Options of `types`, as given or by default. */
export interface TypesOptions {
  /** File with BTF; that of the running kernel when left out. */
  readonly btf?: string;
  /** File to write; `-` is the standard output. */
  readonly out?: string;
  /** Structs that the rings of an object file hold, by the names of the rings. */
  readonly event?: readonly Assignment[];
  readonly watch?: boolean;
  readonly json?: boolean;
}

const notes = `
The file declares every struct of the kernel, what programs on tracepoints, LSM hooks and iterators
are given, the functions they may call and the constants. It belongs among the sources of the
project; include it in tsconfig.json, and in no repository that is for several kernels. Without
it, programs are checked against the part of a kernel that comes with the library.

Functions of the kernel are declared when a source names them: as fentry("vfs_read", …), and so for
fexit, fsession, fmodRet, kprobe and kretprobe. PROJECT is a folder or file with such sources;
folders named node_modules or dist, and those whose names begin with a dot, are passed over.

Of an object file (FILE.o) the file declares the programs, the maps with their keys and values, and the
variables, as a type: loadObject<Filter>("filter.o") then knows them. It goes beside the object, as
filter.d.ts. What a ring holds no object file says: --event names the struct.

Examples:
  $ ts-ebpf types                               bpf-kernel.d.ts, for the running kernel
  $ ts-ebpf types --watch                       and again whenever a source names another function
  $ ts-ebpf types src --out src/kernel.d.ts
  $ ts-ebpf types --btf vmlinux-6.1.btf --out kernel-6.1.d.ts
  $ ts-ebpf types --json | jq .counts
  $ ts-ebpf types filter.bpf.o                  filter.bpf.d.ts, what is in the object file
  $ ts-ebpf types filter.bpf.o --event packets=packet_event

Needs no privileges. With --json, one object tells what was written; with --watch, one on each line.
With --out - that is on the standard error, as the declarations are on the standard output.`;

/** The command `types`. */
export function typesCommand(context: Context): Command {
  return new Command("types")
    .summary("declare the kernel's types, or an object file's, for editors and type-checks")
    .description(
      "Writes declarations of the kernel's types, or of what is in an object file, for editors and tsc.",
    )
    .addArgument(
      new HintedArgument(
        "[project...]",
        "folders and files that use the kernel's functions; or object files",
        { values: "file" },
      ).default(["."], "this folder"),
    )
    .addOption(
      new HintedOption("--btf <file>", "BTF to read instead of the running kernel's", {
        values: "file",
      }),
    )
    .addOption(
      new HintedOption("-o, --out <file>", "file to write, - for the standard output", {
        values: "file",
      }),
    )
    .addOption(
      repeatable("--event <ring=struct>", "what a ring of an object file holds", {
        parse: parseAssignment,
      }),
    )
    .option("--watch", "stay, and write again when the sources name other functions")
    .option("--json", "print objects for programs instead of text")
    .addHelpText("after", notes)
    .action(async (projects: readonly string[], options: TypesOptions) => {
      if (projects.some((path) => path.endsWith(".o"))) {
        const { writeObjectTypes } = await import("./objects.ts");
        await writeObjectTypes(projects, options, context);
        return;
      }
      const { writeTypes } = await import("./run.ts");
      await writeTypes(projects, options, context);
    });
}
