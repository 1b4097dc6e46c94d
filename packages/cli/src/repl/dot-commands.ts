/**
 * Commands of the REPL that begin with a dot.
 * @module
 */
import type { REPLServer } from "node:repl";
import { InvalidArgumentError } from "ts-ebpf";
import type { Stepper, Stops } from "ts-ebpf/sim";
import type { RunDebugger } from "./run-debugger.ts";

/** What commands work with. */
export interface CommandParts {
  readonly server: REPLServer;
  /** The value of a text. */
  readonly evaluate: (text: string) => Promise<unknown>;
  /** Lets what is typed wait until something is done. */
  readonly hold: (work: () => Promise<void>) => Promise<void>;
  /** Shows the value of a text. */
  readonly value: (text: string) => Promise<void>;
  /** Shows text below what is there. */
  readonly show: (text: string) => void;
  /** Of the simulated kernel; the running one cannot be stepped through. */
  readonly debugger: RunDebugger | undefined;
}

interface DotCommand {
  readonly help: string;
  /** Text to show; what it throws is shown as an error. */
  readonly run: (parts: CommandParts, argument: string) => string | Promise<string>;
}

/** Adds the commands to `parts.server`. */
export function addCommands(parts: CommandParts, fail: (error: unknown) => void): void {
  const { server, show, hold } = parts;
  for (const [name, { help, run }] of Object.entries(commands)) {
    server.defineCommand(name, {
      help,
      action(argument: string) {
        server.clearBufferedCommand();
        void hold(async () => {
          try {
            const text = await run(parts, argument.trim());
            if (text !== "") show(text);
          } catch (error) {
            fail(error);
          }
          server.displayPrompt();
        });
      },
    });
  }
}

const commands: Readonly<Record<string, DotCommand>> = {
  load: {
    help: "Load and attach a file of programs: .load count.ts",
    run: async ({ value }, file) => {
      if (file === "") return "say which file: .load count.ts";
      await value(`await open(${JSON.stringify(file)}); links`);
      return "";
    },
  },
  maps: shows("Show what is in the maps", "maps"),
  programs: shows("Show the programs", "programs"),
  links: shows("Show what is attached", "links"),
  trace: {
    help: "Run something on the simulated kernel, and print every instruction: .trace programs.name.run({ data })",
    run: recorded((debug, run) => debug.trace(run)),
  },
  debug: {
    help: "Run something on the simulated kernel, to go through it: .debug programs.name.run({ data })",
    run: recorded((debug, run) => debug.record(run)),
  },
  line: moves("To the next line, over calls", (stepper) => stepper.stepLine()),
  into: moves("To the next line, into calls", (stepper) => stepper.stepInto()),
  out: moves("Out of the function", (stepper) => stepper.stepOut()),
  instruction: moves("One instruction on", (stepper) => stepper.stepInstruction()),
  back: moves("To the line before", (stepper) => stepper.backLine()),
  continue: moves(
    "To the next breakpoint, change of what is watched, or the end",
    (stepper, stops) => stepper.resume(stops),
  ),
  stop: {
    help: "Set or take away a breakpoint: .stop 12, a line",
    run: (parts, argument) => {
      const line = Number(argument);
      if (!Number.isInteger(line) || line < 1) return `"${argument}" is no line: .stop 12`;
      const { lines } = debuggerOf(parts);
      if (!lines.delete(line)) lines.add(line);
      return lines.size === 0 ? "no breakpoints" : `breakpoints at ${[...lines].join(", ")}`;
    },
  },
  watch: {
    help: "Stop where a register changes, or no longer: .watch r6",
    run: (parts, argument) => {
      if (!/^r(\d|10)$/.test(argument)) return `"${argument}" is no register: .watch r6`;
      const { watched } = debuggerOf(parts);
      if (!watched.delete(argument)) watched.add(argument);
      return watched.size === 0 ? "nothing is watched" : `watching ${[...watched].join(", ")}`;
    },
  },
};

function shows(help: string, expression: string): DotCommand {
  return {
    help,
    run: async ({ value }) => {
      await value(expression);
      return "";
    },
  };
}

function moves(help: string, move: (stepper: Stepper, stops: Stops) => unknown): DotCommand {
  return { help, run: (parts) => debuggerOf(parts).move(move) };
}

/** Evaluates the argument as a function, which is then run while it is recorded. */
function recorded(use: (debug: RunDebugger, run: () => unknown) => string): DotCommand["run"] {
  return async (parts, expression) => {
    const debug = debuggerOf(parts);
    if (expression === "") return "say what to run: programs.name.run({ data: … })";
    const run = (await parts.evaluate(`(() => (${expression}))`)) as () => unknown;
    return use(debug, run);
  };
}

function debuggerOf({ debugger: found }: CommandParts): RunDebugger {
  if (found !== undefined) return found;
  throw new InvalidArgumentError("the running kernel cannot be stepped through", {
    hint: "start with --sim",
  });
}
