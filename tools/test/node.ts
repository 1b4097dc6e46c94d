/**
 * Starts Node for a suite: sources instead of `dist`, one reporter, a limit of time for every test.
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** Root of the repository. */
export const root: string = new URL("../../", import.meta.url).pathname;

const reporter = new URL("reporter.ts", import.meta.url).href;
const resultsReporter = new URL("results-reporter.ts", import.meta.url).href;

/**
 * The command that runs `files` with Node's test runner; `options` come last and so override ours. With
 * `EBPF_TEST_RESULTS` results are also written to the file of that name, and a test that starts its file anew gets the
 * reporter that does so from `EBPF_TEST_REPORTER`.
 */
export function testCommand(files: readonly string[], options: readonly string[]): string[] {
  const chosen = options.some((option) => option.startsWith("--test-reporter"));
  const writes = process.env["EBPF_TEST_RESULTS"] !== undefined;
  if (writes) process.env["EBPF_TEST_REPORTER"] = resultsReporter;
  return [
    process.execPath,
    "--conditions=@ts-ebpf/source",
    "--expose-gc",
    "--test",
    ...(chosen ? [] : reportingTo(reporter)),
    ...(writes ? reportingTo(resultsReporter) : []),
    ...options,
    ...files,
  ];
}

function reportingTo(module: string): readonly string[] {
  return [`--test-reporter=${module}`, "--test-reporter-destination=stdout"];
}

/**
 * Runs a command at the root of the repository with our own input and output; its exit code. Ctrl-C reaches the command
 * as well, which ends by itself; only then do we, so that there is somebody to clean up.
 */
export async function run([program = "", ...args]: readonly string[]): Promise<number> {
  process.on("SIGINT", stay);
  try {
    const child = spawn(program, args, { cwd: root, stdio: "inherit", env: plainEnvironment() });
    const [status, signal] = (await once(child, "exit")) as [number | null, string | null];
    if (signal !== null) console.error(`${program} was ended by ${signal}`);
    return status ?? 1;
  } finally {
    process.off("SIGINT", stay);
  }
}

/** Handles a signal by not ending. */
function stay(): void {}

/** Where Node keeps what it compiled: a file that is tested alone starts in half the time. */
const compiled = join(root, "node_modules/.cache/compiled");

/** The environment of a plain terminal: tests of colours must not depend on who runs them. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const { NO_COLOR: _noColor, FORCE_COLOR: _forceColor, CI: _ci, ...rest } = process.env;
  return { NODE_COMPILE_CACHE: compiled, ...rest, TERM: "xterm-256color" };
}
