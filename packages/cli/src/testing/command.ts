/**
 * Runs the command as a process, for tests of what people see.
 * @module
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { join } from "node:path";

const launcher = join(import.meta.dirname, "../../bin/ts-ebpf.js");

/** How to start the command. */
export interface StartOptions {
  /** A program with arguments that starts it, such as setpriv(1) or env(1). */
  readonly by?: readonly string[];
}

/** A running command. Disposing of it kills it, if it is still there. */
export interface RunningCommand extends Disposable {
  readonly process: ChildProcess;
  /** Lines of its output up to now. */
  readonly lines: readonly string[];
  /** Its error output up to now. */
  readonly errors: () => string;
  /** Resolves with its exit code or signal, when all output is there. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /**
   * Resolves when the condition holds, which is asked after every output.
   * @throws when the command ends before.
   */
  until(condition: () => boolean): Promise<void>;
}

/** Starts `ts-ebpf` with these words. */
export function startCommand(
  words: readonly string[],
  { by = [] }: StartOptions = {},
): RunningCommand {
  const [program = "", ...given] = [...by, process.execPath, launcher, ...words];
  const child = spawn(program, given, { stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  let errors = "";
  const waiting = new Set<() => void>();
  const wake = (): void => waiting.forEach((check) => check());
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    wake();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
    wake();
  });
  // It has ended when all of its output is there, which may be after its exit.
  let over = false;
  const ended = once(child, "close").then(([code, signal]: unknown[]) => {
    over = true;
    wake();
    return (code ?? signal) as number | NodeJS.Signals;
  });
  const until = (condition: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        if (!condition() && !over) return;
        waiting.delete(check);
        if (condition()) resolve();
        else reject(new Error(`the command has ended: ${errors}`));
      };
      waiting.add(check);
      check();
    });
  return {
    process: child,
    lines,
    errors: () => errors,
    ended,
    until,
    [Symbol.dispose]: () => void child.kill("SIGKILL"),
  };
}

/** Starts `trace exec` and waits until it sees everything. */
export async function startTrace(
  words: readonly string[],
  options?: StartOptions,
): Promise<RunningCommand> {
  const command = startCommand(["trace", "exec", ...words], options);
  await command.until(() => command.errors().includes("Tracing executions."));
  return command;
}
