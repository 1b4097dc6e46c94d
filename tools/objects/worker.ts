/**
 * The process that loads, seen from outside: it may crash or hang, and is then replaced.
 * @module
 */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { Question } from "./ours.ts";
import { refusal, type Verdict } from "./verdict.ts";

/** Asks a process, one question at a time. */
export class Worker implements Disposable {
  #child: ChildProcess | undefined;

  /** The answer, or a refusal that says that the process crashed, or took longer than `limitMs`. */
  async ask(question: Question, limitMs = 120_000): Promise<Verdict> {
    const child = (this.#child ??= start());
    return new Promise((resolve) => {
      const end = (verdict: Verdict): void => {
        clearTimeout(timer);
        child.removeAllListeners();
        resolve(verdict);
      };
      const replace = (why: string): void => {
        this.#child = undefined;
        child.kill("SIGKILL");
        end(refusal(why));
      };
      const timer = setTimeout(() => replace(`HANG longer than ${limitMs} ms`), limitMs);
      child.once("message", (verdict: Verdict) => end(verdict));
      child.once("exit", (code, signal) => replace(`CRASH the process ended: ${signal ?? code}`));
      child.send(question);
    });
  }

  [Symbol.dispose](): void {
    this.#child?.kill();
  }
}

function start(): ChildProcess {
  const execArgv = ["--conditions=@ts-ebpf/source", "--max-old-space-size=2000"];
  return fork(join(import.meta.dirname, "ours.ts"), {
    execArgv,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
}
