/**
 * The command line of `dump`. What it does is loaded when it is run.
 * @module
 */
import { Command, Option } from "commander";
import { HintedArgument, HintedOption } from "../completion/hint.ts";
import { repeatable } from "../completion/repeatable.ts";
import type { Context } from "../context.ts";
import { type IsaVersion, parseIsaVersion } from "../value/isa-version.ts";
import { parseKernelVersion } from "../value/kernel-version.ts";

/** Options of `dump`, as given or by default. */
export interface DumpOptions {
  /** Programs to show; all when left out. */
  readonly program?: readonly string[];
  /** What to show; instructions beside the source when none of the three is given. */
  readonly ir?: boolean;
  readonly asm?: boolean;
  readonly source?: boolean;
  readonly optimize: "none" | "full";
  readonly isa?: IsaVersion;
  /** As `major * 1000 + minor`. */
  readonly kernel?: number;
  readonly btf?: string;
  readonly json?: boolean;
}

const notes = `
Without --ir, --asm or --source: instructions, each beside the line it was made of. --asm alone shows
instructions as bpftool does, --source each line with its instructions below; --ir is what the
compiler makes of the source before it optimises. Several of them show one after the other. What is
shown is what "ts-ebpf run" would load into this kernel; --kernel, --btf and --isa mean another.

Of an object file (FILE.o), or of C, which clang compiles, all sections with programs are shown, with
lines where the file has them. What the kernel is asked for when they are loaded stands behind the
instruction that gets it. A program that is loaded: "ts-ebpf show program ID".

Examples:
  $ ts-ebpf dump firewall.ts                        instructions beside the source
  $ ts-ebpf dump firewall.ts --program onPacket --ir
  $ ts-ebpf dump firewall.ts --optimize none        every step as it is written
  $ ts-ebpf disasm filter.bpf.o --asm               the same command, for an object file
  $ ts-ebpf dump firewall.ts --json | jq '.programs[] | {name, instructions: (.instructions | length)}'

Needs no privileges.`;

/** The command `dump`. */
export function dumpCommand(context: Context): Command {
  return new Command("dump")
    .alias("disasm")
    .summary("show the instructions of a file's programs (also: disasm)")
    .description(
      "Shows what the programs of a file are compiled to: TypeScript, C or an object file.",
    )
    .addArgument(
      new HintedArgument("<file>", "file that exports programs, C or an object file", {
        values: "file",
      }),
    )
    .addOption(repeatable("--program <name>", "only this program", { parse: String }))
    .option("--ir", "show the intermediate representation")
    .option("--asm", "show instructions")
    .option("--source", "show lines of the source with the instructions of each")
    .addOption(
      new Option("--optimize <how>", "what to show the instructions of")
        .choices(["none", "full"])
        .default("full"),
    )
    .option(
      "--isa <version>",
      "version of the instruction set: 1 to 4 (default: 3)",
      parseIsaVersion,
    )
    .option("--kernel <version>", "kernel to compile for (default: this one)", parseKernelVersion)
    .addOption(
      new HintedOption("--btf <file>", "BTF to compile with instead of the running kernel's", {
        values: "file",
      }),
    )
    .option("--json", "print one object for programs")
    .addHelpText("after", notes)
    .action(async (file: string, options: DumpOptions) => {
      if (/\.(?:o|c)$/.test(file)) {
        const { dumpObject } = await import("./object.ts");
        await dumpObject(file, options, context);
        return;
      }
      const { dumpPrograms } = await import("./run.ts");
      await dumpPrograms(file, options, context);
    });
}
