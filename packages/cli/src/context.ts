/**
 * What a command works with: where it writes to, and what it ends with.
 * @module
 */
import { ExitCode } from "./exit-code.ts";
import { paintFor } from "./terminal/colour.ts";
import { isReaderGone } from "./terminal/line-writer.ts";
import { isPlain, type LineTarget, PlainOutput } from "./terminal/plain-output.ts";

/** Handed to every command. */
export interface Context {
  /** For results. */
  readonly stdout: NodeJS.WriteStream;
  /** For everything about the work: progress, warnings, errors. */
  readonly stderr: NodeJS.WriteStream;
  /** Standard output for lines of results; a pipe or a file needs no stream. */
  readonly lines: LineTarget;
  /** Says something about the work to whoever looks: dimmed, on standard error. */
  remark(text: string): void;
  /** What the process ends with. A command that ends badly without an error sets it. */
  exitCode: ExitCode;
}

/**
 * The context of this process. Node makes an output stream when it is first asked for, which takes milliseconds, so a
 * command that is in a hurry asks late.
 */
export function processContext(): Context {
  const stdout = once(() => watchResults(process.stdout));
  const stderr = once(() => process.stderr.on("error", () => undefined));
  return {
    get stdout() {
      return stdout();
    },
    get stderr() {
      return stderr();
    },
    get lines() {
      return isPlain(1) ? new PlainOutput(1, stdout) : stdout();
    },
    remark: (text) => {
      const plain = isPlain(2) && process.env["FORCE_COLOR"] === undefined;
      if (plain) new PlainOutput(2, stderr).write(`${text}\n`);
      else writeRemark(stderr(), text);
    },
    exitCode: ExitCode.ok,
  };
}

/** Writes `text` dimmed where there are colours. */
export function writeRemark(stderr: NodeJS.WriteStream, text: string): void {
  stderr.write(`${paintFor(stderr, "dim")(text)}\n`);
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/**
 * Nobody reads any more (`| head`): no reason to fail, and none to talk about. Anything else ends the command, unless it
 * looks after its output itself.
 */
function watchResults(stdout: NodeJS.WriteStream): NodeJS.WriteStream {
  return stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (isReaderGone(error) || stdout.listenerCount("error") > 1) return;
    process.stderr.write(`cannot write the output: ${error.message}\n`);
    process.exit(ExitCode.failed);
  });
}
