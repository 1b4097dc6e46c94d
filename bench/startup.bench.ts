/**
 * `ts-ebpf trace exec` against the same one-liner of bpftrace: from the start of the command to its first event,
 * wall-clock time.
 *
 * Both run in a private mount namespace with tracefs, which bpftrace needs; something is executed every few
 * milliseconds, so that the first event comes as soon as the command sees any.
 * @module
 */
import { execFileSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Benchmark } from "./benchmark.ts";
import { peerProgram } from "./peer.ts";
import { ProgramSide } from "./program-side.ts";

const pauseUs = 5000;

const ourWords = ["trace", "exec", "--json"];
const oneLiner =
  'tracepoint:sched:sched_process_exec { printf("%d %s %s\\n", pid, comm, str(args->filename)); }';
const peerCommand = ["bpftrace", "-e", oneLiner];

/** Runs its arguments as a command that finds tracefs in its place; outside of the namespace nothing is mounted. */
const withTracefs = 'mount -t tracefs tracefs /sys/kernel/tracing && exec "$@"';

/** Time to the first event. */
export const startup: Benchmark = {
  figures: [
    {
      name: "startup",
      field: "ms",
      unit: "ms",
      about: "trace exec, command start to first event",
      limit: { of: "ratio", max: 0.5 },
    },
  ],
  tools: ["clang", "libbpf", "bpftrace", "unshare", "root"],
  runs: 11,
  warmUps: 1,
  open: async (_size, resources) => {
    const ourCommand = [process.execPath, installedCommand(), ...ourWords];
    const start = async (pattern: string, command: readonly string[]): Promise<ProgramSide> =>
      resources.use(await ProgramSide.start(stopwatch(pattern, command)));
    const ours = await start(String.raw`^\{"type":"exec"`, ourCommand);
    return { ours, peer: await start(String.raw`^\d+ `, peerCommand) };
  },
};

/**
 * The command as it is installed: what its package holds, without the sources, which in a clone are compared with the
 * bundle at every start.
 * The folder stays, as an installed one does, and so does the compiled code that Node keeps of it.
 */
function installedCommand(): string {
  const command = join(import.meta.dirname, "../packages/cli");
  const stdio = ["ignore", "ignore", "inherit"] as const;
  execFileSync(process.execPath, [join(command, "build.ts")], { stdio: [...stdio] });
  const folder = join(import.meta.dirname, "build/installed");
  rmSync(folder, { recursive: true, force: true });
  for (const part of ["package.json", "bin", "dist/bundle", "dist/prebuilds"]) {
    cpSync(join(command, part), join(folder, part), { recursive: true });
  }
  return join(folder, "bin/ts-ebpf.js");
}

/** A command line of the stopwatch for `command`, whose events look like `pattern`. */
function stopwatch(pattern: string, command: readonly string[]): string[] {
  const ticker = [peerProgram("exec-ticker"), String(pauseUs)];
  const script = join(import.meta.dirname, "stopwatch.ts");
  const inside = [process.execPath, script, pattern, ...ticker, ...command];
  return ["unshare", "--mount", "sh", "-c", withTracefs, "sh", ...inside];
}
