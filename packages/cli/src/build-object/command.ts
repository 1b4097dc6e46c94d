/**
 * The command line of `build`. What it does is loaded when it is run.
 * @module
 */
import { Command } from "commander";
import { HintedArgument, HintedOption } from "../completion/hint.ts";
import { repeatable } from "../completion/repeatable.ts";
import type { Context } from "../context.ts";
import { type IsaVersion, parseIsaVersion } from "../value/isa-version.ts";
import { parseKernelVersion } from "../value/kernel-version.ts";

/** Options of `build`, as given or by default. */
export interface BuildOptions {
  /** File to write; named after the source when left out. */
  readonly out?: string;
  /** Programs to build; all when left out. */
  readonly export?: readonly string[];
  readonly isa?: IsaVersion;
  /** Oldest kernel that shall load it, as `major * 1000 + minor`. */
  readonly kernel?: number;
  /** File with BTF; that of the running kernel when left out. */
  readonly btf?: string;
  /** Folders with headers, for C. */
  readonly include?: readonly string[];
  readonly json?: boolean;
}

const notes = `
The file exports programs and maps, and runs to do so; what it prints goes where it prints it. The
object is what a compiler of C makes: bpftool, libbpf, cilium/ebpf, aya and ip link load it. It holds
all exported programs, the maps they use or the file exports, and types; where structs of the kernel
are used it is relocated when it is loaded (CO-RE), so that one object is for many kernels.

A file whose name ends in .c is compiled by clang, which has to be installed, with -O2 -g -Wall and
__TARGET_ARCH_x of this machine. Where it includes vmlinux.h and has none, one is printed from the
kernel's BTF, or that of --btf, and kept in the cache (XDG_CACHE_HOME).

Examples:
  $ ts-ebpf build firewall.ts                       firewall.o
  $ ts-ebpf build filter.bpf.c                      filter.bpf.o
  $ ts-ebpf build firewall.ts -o build/fw.o --export onPacket
  $ ts-ebpf build trace.ts --kernel 5.15            use nothing that came later
  $ ts-ebpf build trace.ts --btf vmlinux-6.1.btf    types of another kernel than this one
  $ sudo bpftool prog loadall firewall.o /sys/fs/bpf/firewall

Needs no privileges.`;

/** The command `build`. */
export function buildCommand(context: Context): Command {
  return new Command("build")
    .summary("compile a file's programs, in TypeScript or C, into an object file")
    .description("Compiles the programs of a file into an object file for any loader.")
    .addArgument(
      new HintedArgument("<file>", "file that exports programs, or C", { values: "file" }),
    )
    .addOption(
      new HintedOption("-o, --out <file>", "file to write (default: FILE with .o at its end)", {
        values: "file",
      }),
    )
    .addOption(repeatable("--export <name>", "only this program, with the maps", { parse: String }))
    .option(
      "--isa <version>",
      "version of the instruction set: 1 to 4 (default: 3)",
      parseIsaVersion,
    )
    .option("--kernel <version>", "oldest kernel it is for (default: this one)", parseKernelVersion)
    .addOption(
      new HintedOption("--btf <file>", "BTF to compile with instead of the running kernel's", {
        values: "file",
      }),
    )
    .addOption(
      repeatable("-I, --include <folder>", "folder with headers, for C", {
        values: "file",
        parse: String,
      }),
    )
    .option("--json", "print one object for programs")
    .addHelpText("after", notes)
    .action(async (file: string, options: BuildOptions) => {
      if (file.endsWith(".c")) {
        const { buildC } = await import("./run-c.ts");
        await buildC(file, options, context);
        return;
      }
      const { buildObject } = await import("./run.ts");
      await buildObject(file, options, context);
    });
}
