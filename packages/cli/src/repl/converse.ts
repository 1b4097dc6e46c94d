/**
 * The conversation: Node's REPL reads, completes and keeps the history; what is typed is evaluated as TypeScript.
 * @module
 */
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { clearLine, cursorTo } from "node:readline";
import { type REPLServer, start } from "node:repl";
import type { SimulatedKernel } from "ts-ebpf/sim";
import type { Context } from "../context.ts";
import { paintFor } from "../terminal/colour.ts";
import { addCommands } from "./dot-commands.ts";
import { Entries } from "./entries.ts";
import type { ShowLine } from "./live-events.ts";
import { RunDebugger } from "./run-debugger.ts";
import type { Workspace } from "./workspace.ts";
import { formatError, formatValue } from "./writer.ts";

/** What a conversation is made of. */
export interface ConversationParts {
  readonly workspace: Workspace;
  readonly context: Context;
  /** Its `show` is replaced by one that knows of the prompt. */
  readonly screen: { show: ShowLine };
}

/** Asks until the end of the input. */
export async function converse({ workspace, context, screen }: ConversationParts): Promise<void> {
  const { stdout, stderr } = context;
  const { kernel, library } = workspace;
  const print = (line: string): void => void stdout.write(`${line}\n`);
  const fail = (error: unknown): void => print(paintFor(stderr, "red")(formatError(error)));
  print(greeting(workspace));
  const options = { colors: paintFor(stdout, "red")("") !== "", cpus: kernel.cpus.possible };
  const server = start({
    prompt: "> ",
    input: process.stdin,
    output: stdout,
    useGlobal: true,
    ignoreUndefined: true,
    eval: (code, _context, _name, done) => entries.evaluate(code, done),
    writer: (value: unknown) => formatValue(value, options),
  });
  const entries = new Entries(server, library.capture, fail);
  screen.show = (line) => showAbove(server, line);
  const found =
    kernel.kind === "simulated"
      ? new RunDebugger(library.sim, kernel as SimulatedKernel)
      : undefined;
  const valueOf = (text: string): Promise<unknown> => entries.valueOf(text);
  const value = async (text: string): Promise<void> => print(server.writer(await valueOf(text)));
  const hold = (work: () => Promise<void>): Promise<void> => entries.hold(work);
  addCommands({ server, debugger: found, evaluate: valueOf, show: print, value, hold }, fail);
  keepHistory(server);
  const { promise, resolve } = Promise.withResolvers<void>();
  server.on("exit", resolve);
  await promise;
}

function greeting({ kernel }: Workspace): string {
  const which = kernel.kind === "simulated" ? "A simulated kernel" : "The running kernel";
  return `${which}, Linux ${kernel.version.join(".")}. Type .help for commands, Ctrl-D to end.`;
}

/** Shows a line above what is being typed. */
function showAbove(server: REPLServer, line: string): void {
  const { output } = server;
  clearLine(output, 0);
  cursorTo(output, 0);
  output.write(`${line}\n`);
  server.prompt(true);
}

/** Keeps what was typed for the next time; where nothing can be kept, only for now. */
function keepHistory(server: REPLServer): void {
  const usual = join(homedir(), ".cache", "ts-ebpf", "repl-history");
  const file = process.env["TS_EBPF_REPL_HISTORY"] ?? usual;
  try {
    mkdirSync(dirname(file), { recursive: true });
  } catch {
    return;
  }
  server.setupHistory(file, () => undefined);
}
