/**
 * A side that is a program of its own: a C peer, or a script that uses the library.
 *
 * The program sets up, prints a line of JSON, and then answers every line it reads with a line of JSON. Each side
 * having a process keeps our figures free of what other benchmarks taught the compiler.
 * @module
 */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Answer, Side } from "./benchmark.ts";
import { BenchmarkError } from "./error.ts";

/** Longest time that one answer may take. */
const deadlineMs = 120_000;

/** The command line of a script of folder `ours`; it runs the sources of the library. */
export function ourCommand(script: string, ...args: readonly (string | number)[]): string[] {
  const path = join(import.meta.dirname, "ours", script);
  return [process.execPath, "--conditions=@ts-ebpf/source", path, ...args.map(String)];
}

/** A program that makes rounds. */
export class ProgramSide implements Side, AsyncDisposable {
  readonly #command: readonly string[];
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: AsyncIterator<string>;
  #complaints = "";
  #ready: Answer = {};

  private constructor(command: readonly string[]) {
    const [program = "", ...args] = command;
    this.#command = command;
    this.#child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
    this.#child.on("error", (error) => (this.#complaints += error.message));
    // A program that ended early is noticed where its answer is missing.
    this.#child.stdin.on("error", () => undefined);
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#complaints += text));
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /**
   * Starts a program and waits until it is ready.
   * @throws {BenchmarkError} with what it printed on standard error, when it ends instead.
   */
  static async start(command: readonly string[]): Promise<ProgramSide> {
    const side = new ProgramSide(command);
    side.#ready = await side.#nextAnswer();
    return side;
  }

  /** What it said when it was ready. */
  get ready(): Answer {
    return this.#ready;
  }

  async round(): Promise<Answer> {
    this.#child.stdin.write("round\n");
    return this.#nextAnswer();
  }

  /** Lets the program end, and waits for it. */
  async close(): Promise<void> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return;
    const ended = once(this.#child, "exit");
    using _ = this.#killLater();
    this.#child.stdin.end();
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #nextAnswer(): Promise<Answer> {
    using _ = this.#killLater();
    const { value, done } = await this.#lines.next();
    if (done === true) throw await this.#failure();
    return JSON.parse(value) as Answer;
  }

  #killLater(): Disposable {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), deadlineMs);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  }

  async #failure(): Promise<BenchmarkError> {
    const { exitCode, signalCode, pid } = this.#child;
    if (pid !== undefined && exitCode === null && signalCode === null)
      await once(this.#child, "close");
    return new BenchmarkError(`${this.#command.join(" ")} ended without an answer`, {
      hint: this.#complaints.trim() || "it said nothing on standard error",
    });
  }
}
