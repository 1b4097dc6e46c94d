/**
 * The command line of `doctor`.
 * @module
 */
import { Command } from "commander";
import type { Context } from "../context.ts";

/** Options of `doctor`. */
export interface DoctorOptions {
  readonly json?: boolean;
  readonly features?: boolean;
}

const notes = `
Nothing is attached, changed or left behind. Small maps and programs are loaded to see whether the
kernel takes them, and let go again.

Examples:
  $ ts-ebpf doctor                    what is there, what is missing, and what to do about it
  $ ts-ebpf doctor --features         every feature of the kernel that was tried, too
  $ sudo ts-ebpf doctor               what root could do
  $ ts-ebpf doctor --json | jq '.findings[] | select(.status != "ok")'

Exit code: 0 when programs can be traced here (as "ts-ebpf trace" does), 3 when not.`;

/** The command `doctor`. */
export function doctorCommand(context: Context): Command {
  return new Command("doctor")
    .summary("tell what this machine and user can do, and how to mend what is missing")
    .description(
      "Tells what this machine and this user can do with eBPF, what is missing, and how to mend it.",
    )
    .option("--features", "list every feature of the kernel that was tried")
    .option("--json", "print one object for programs")
    .addHelpText("after", notes)
    .action(async (options: DoctorOptions) => {
      const { examine } = await import("./run.ts");
      await examine(options, context);
    });
}
