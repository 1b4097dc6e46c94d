/**
 * The command line of `btf` and of what it does with types. What that is, is loaded when it is run.
 * @module
 */
import { Argument, Command, Option } from "commander";
import { HintedArgument, HintedOption } from "../completion/hint.ts";
import { repeatable } from "../completion/repeatable.ts";
import type { Context } from "../context.ts";

/** What `btf dump` can show the types of. */
export type BtfHolder = (typeof holders)[number];

const holders = ["file", "id", "prog", "map"] as const;

/** How `btf dump` can show types. */
export type BtfFormat = (typeof formats)[number];

const formats = ["c", "ts", "raw", "json"] as const;

/** Options of `btf dump`. */
export interface BtfDumpOptions {
  readonly format: BtfFormat;
  /** Names of the types to show; all when left out. */
  readonly type?: readonly string[];
  /** File with the BTF that the file goes on from. */
  readonly base?: string;
}

/** Options of `btf min`. */
export interface BtfMinOptions {
  /** BTF of the kernel that is meant; that of the running one when left out. */
  readonly btf?: string;
  /** File to write. */
  readonly out: string;
  readonly json?: boolean;
}

const notes = `
Examples:
  $ ts-ebpf btf dump file /sys/kernel/btf/vmlinux > vmlinux.h
  $ ts-ebpf btf min -o small.btf filter.o       the part of the kernel's types that a file needs`;

const dumpNotes = `
A file is BTF, as in /sys/kernel/btf, or an object file with a section .BTF. A kernel module's goes on
from the kernel's, which --base gives for files elsewhere; what the module adds is shown, without the
rest. Numbers are those of "ts-ebpf list".

Formats: c is a header for clang, ts declarations for TypeScript; raw and json are what bpftool
prints, and show all types. What is printed of a module has what that needs of the kernel's types,
too; its header leaves that out behind an included vmlinux.h.

Examples:
  $ ts-ebpf btf dump file /sys/kernel/btf/vmlinux > vmlinux.h
  $ ts-ebpf btf dump file /sys/kernel/btf/vmlinux --type task_struct --format ts
  $ ts-ebpf btf dump file filter.o --format raw
  $ ts-ebpf btf dump prog 42 --format json | jq '.types[].name'
  $ ts-ebpf btf dump file nf_tables.ko --base vmlinux.btf > nf_tables.h

A file needs no privileges; id, prog and map need CAP_SYS_ADMIN.`;

const minNotes = `
For kernels without BTF: of the BTF that somebody made for such a kernel, what is written is only what
the relocations of these object files look at, which is little enough to bring along.

Examples:
  $ ts-ebpf btf min --btf vmlinux-5.4.btf -o small.btf filter.o
  $ ts-ebpf btf min -o small.btf *.o --json

Needs no privileges.`;

/** The command `btf` with all it has. */
export function btfCommand(context: Context): Command {
  return new Command("btf")
    .summary("show types of kernels, object files and what is loaded")
    .description("Works with BTF: the types of kernels, object files and what is loaded.")
    .addCommand(dumpCommand(context))
    .addCommand(minCommand(context))
    .addHelpText("after", notes);
}

function dumpCommand(context: Context): Command {
  return new Command("dump")
    .summary("show types as C, TypeScript, text or JSON")
    .description("Shows the types that something has.")
    .addArgument(new Argument("<of>", "what has the types").choices(holders))
    .addArgument(new HintedArgument("<which>", "path of the file, or a number", { values: "file" }))
    .addOption(new Option("--format <format>", "how to show them").choices(formats).default("c"))
    .addOption(
      repeatable("--type <name>", "only this type, and what it contains", { parse: String }),
    )
    .addOption(
      new HintedOption("--base <file>", "BTF that the file goes on from", { values: "file" }),
    )
    .addHelpText("after", dumpNotes)
    .action(async (of: BtfHolder, which: string, options: BtfDumpOptions) => {
      const { dumpBtf } = await import("./dump.ts");
      await dumpBtf({ of, which }, options, context);
    });
}

function minCommand(context: Context): Command {
  return new Command("min")
    .summary("the part of a kernel's types that object files need")
    .description("Writes the part of a kernel's BTF that object files are relocated with.")
    .addArgument(new HintedArgument("<object...>", "object files", { values: "file" }))
    .addOption(
      new HintedOption("--btf <file>", "BTF of the kernel (default: this one's)", {
        values: "file",
      }),
    )
    .addOption(
      new HintedOption("-o, --out <file>", "file to write", {
        values: "file",
      }).makeOptionMandatory(),
    )
    .option("--json", "print one object for programs")
    .addHelpText("after", minNotes)
    .action(async (paths: readonly string[], options: BtfMinOptions) => {
      const { minimizeFor } = await import("./min.ts");
      minimizeFor(paths, options, context);
    });
}
