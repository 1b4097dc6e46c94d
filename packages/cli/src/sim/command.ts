/**
 * The command line of `sim` and of what it does without a kernel. What that is, is loaded when it is run.
 * @module
 */
import { Argument, Command, Option } from "commander";
import { HintedArgument, HintedOption } from "../completion/hint.ts";
import type { Context } from "../context.ts";
import { type WorldOptions, worldOption } from "./world-option.ts";

/** Options of `sim exec`. */
export interface ExecOptions {
  readonly interpret?: boolean;
  readonly compile?: boolean;
  /** The program in hexadecimal, instead of standard input. */
  readonly program?: string;
  readonly trace?: boolean;
}

/** Options of `sim pcap`. */
export interface PcapOptions extends WorldOptions {
  readonly name?: string;
  readonly output?: string;
  readonly json?: boolean;
}

const notes = `
Examples:
  $ ts-ebpf sim exec < program.hex              one program of bytes, on the virtual machine
  $ ts-ebpf sim pcap traffic.pcap filter.ts     the packets of a capture, through a program

Needs no privileges, and no kernel with eBPF.`;

const execNotes = `
The program comes from standard input: its instructions as hexadecimal text, little endian, with spaces
or without. It begins with r1 = the address of MEMORY and r2 = its length in bytes; both are 0 without
MEMORY. What is printed is r0 at the end, in hexadecimal: the convention of bpf_conformance plug-ins.
Of helpers there are ktime_get_ns, get_prandom_u32 and get_smp_processor_id; there are no maps.

Examples:
  $ echo "b7 00 00 00 2a 00 00 00  95 00 00 00 00 00 00 00" | ts-ebpf sim exec
  2a
  $ echo "71 10 01 00 00 00 00 00  95 00 00 00 00 00 00 00" | ts-ebpf sim exec "aa bb cc"
  bb
  $ ts-ebpf sim exec --interpret --program 9500000000000000
  $ ts-ebpf sim exec --trace --program "b700000001000000 9500000000000000"

Exit code 1 when the program faults, with the instruction and the reason on standard error. Needs no
privileges.`;

/** The command `sim`. */
export function simCommand(context: Context): Command {
  return new Command("sim")
    .summary("run programs without a kernel")
    .description("Runs programs on a machine made of JavaScript.")
    .addHelpText("after", notes)
    .addCommand(execCommand(context))
    .addCommand(pcapCommand(context));
}

const pcapNotes = `
CAPTURE is a file of pcap or pcapng, PROGRAM a file of TypeScript that exports programs, or an
object file. The program is an XDP program, or one of traffic control, sockets or control groups
that gets packets. With --output the packets that go on are written as the program left them. A bar
shows how far it is where standard error is a terminal. With --world, the simulated kernel is and has
what a file says; "ts-ebpf run --help" tells what that can be.

Examples:
  $ ts-ebpf sim pcap traffic.pcap filter.ts
  $ ts-ebpf sim pcap traffic.pcapng filter.bpf.o --name drop_udp -o passed.pcap
  $ ts-ebpf sim pcap traffic.pcap filter.ts --json | jq .verdicts
  $ ts-ebpf sim pcap traffic.pcap filter.ts --world kernel.json     on another clock, version, CPU

Needs no privileges.`;

function pcapCommand(context: Context): Command {
  return new Command("pcap")
    .summary("run the packets of a capture through a program")
    .description(
      "Runs the packets of a capture through a program, and counts what it says of them.",
    )
    .addArgument(new HintedArgument("<capture>", "file of pcap or pcapng", { values: "file" }))
    .addArgument(new HintedArgument("<program>", "file with the program", { values: "file" }))
    .option("--name <program>", "which program, where there are several")
    .addOption(
      new HintedOption("-o, --output <file>", "where to write the packets that go on", {
        values: "file",
      }),
    )
    .addOption(worldOption())
    .option("--json", "print one object of JSON")
    .addHelpText("after", pcapNotes)
    .action(async (capture: string, program: string, options: PcapOptions) => {
      const { runPcap } = await import("./pcap.ts");
      await runPcap(capture, program, options, context);
    });
}

function execCommand(context: Context): Command {
  return new Command("exec")
    .summary("run instructions in hexadecimal, and print r0")
    .description("Runs instructions in hexadecimal on the virtual machine, and prints r0.")
    .addArgument(new Argument("[memory]", "bytes that r1 points to, in hexadecimal"))
    .addOption(new Option("--interpret", "instruction by instruction").conflicts("compile"))
    .option(
      "--compile",
      "as JavaScript, or not at all (default: as JavaScript where that is allowed)",
    )
    .option("--program <hex>", "the program, instead of standard input")
    .addOption(
      new Option(
        "--trace",
        "show every instruction, and registers before it, on standard error",
      ).conflicts("compile"),
    )
    .addHelpText("after", execNotes)
    .action(async (memory: string | undefined, options: ExecOptions) => {
      const { execute } = await import("./exec.ts");
      const isTyped = options.program === undefined && process.stdin.isTTY;
      if (isTyped) context.remark("Reading the program from the terminal. Ctrl-D ends it.");
      await execute(memory, options, context);
    });
}
