/**
 * What a command works with: where it writes to, and what it ends with.
 * @module
 */
import { ExitCode } from "./exit-code.ts";
import { isReaderGone } from "./terminal/line-writer.ts";

/** Handed to every command. */
export interface Context {
  /** For results. */
  readonly stdout: NodeJS.WriteStream;
  /** For everything about the work: progress, warnings, errors. */
  readonly stderr: NodeJS.WriteStream;
  /** What the process ends with. A command that ends badly without an error sets it. */
  exitCode: ExitCode;
}

/**
 * The context of this process. Node makes an output stream when it is first asked for, which takes milliseconds, so a
 * command that is in a hurry asks late.
 */
export function processContext(): Context {
  let watched = false;
  const watchedOutputs = (): Outputs => {
    if (!watched) watchOutputs(process);
    watched = true;
    return process;
  };
  return {
    get stdout() {
      return watchedOutputs().stdout;
    },
    get stderr() {
      return watchedOutputs().stderr;
    },
    exitCode: ExitCode.ok,
  };
}

type Outputs = Pick<Context, "stdout" | "stderr">;

/**
 * Nobody reads any more (`| head`): no reason to fail, and none to talk about. Anything else ends the command, unless it
 * looks after its output itself.
 */
function watchOutputs({ stdout, stderr }: Outputs): void {
  stderr.on("error", () => undefined);
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (isReaderGone(error) || stdout.listenerCount("error") > 1) return;
    stderr.write(`cannot write the output: ${error.message}\n`);
    process.exit(ExitCode.failed);
  });
}
