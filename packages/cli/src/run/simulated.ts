/**
 * What `run --sim` adds: a simulated kernel with what options name, and what happens in it, out of a file.
 * @module
 */
import { InvalidArgumentError } from "ts-ebpf";
import type { Happening, SimulatedKernel } from "ts-ebpf/sim";
import { readFile } from "../file/read-file.ts";
import type { Library } from "../program-file/library.ts";
import { openWorld, withPlace } from "../sim/world-file.ts";
import type { RunOptions } from "./command.ts";

/**
 * A simulated kernel that has what the file of `--world` says, and what the options name.
 * @throws {InvalidArgumentError} when there is no such file, or it says what cannot be meant.
 */
export function simulatedKernel(library: Library, options: RunOptions): SimulatedKernel {
  const kernel = openWorld(library, options);
  for (const name of options.function ?? []) kernel.addFunction(name);
  for (const name of options.tracepoint ?? []) kernel.addTracepoint(name);
  if (options.interface !== undefined) kernel.addInterface(options.interface);
  if (options.cgroup !== undefined) kernel.addCgroup(options.cgroup);
  return kernel;
}

/**
 * Lets happen what the lines of the file at `path` say, one after the other; returns how many these were.
 * @throws {InvalidArgumentError} when there is no such file, or a line is not JSON or says nothing that can happen.
 */
export function replayFile(library: Library, kernel: SimulatedKernel, path: string): number {
  const hint =
    'each of its lines is JSON such as { "fire": "rawTracepoint", "with": ["sys_enter", [0, 1]] }';
  let count = 0;
  for (const [index, line] of readFile(path, hint).toString().split("\n").entries()) {
    if (line.trim() === "") continue;
    const place = `${path}:${index + 1}`;
    const happening = parseLine(line, place);
    try {
      library.sim.happen(kernel, happening);
    } catch (error) {
      throw placed(error, happening, place);
    }
    count += 1;
  }
  return count;
}

/** An error that a line of the file is the reason of, with its place; others as they are. */
function placed(error: unknown, { fire }: Happening, place: string): unknown {
  if (error instanceof TypeError || error instanceof SyntaxError || error instanceof RangeError) {
    return new InvalidArgumentError(`${place}: "${fire}" cannot be given this`, {
      hint: "give what the method of that name of kernel.fire takes (ts-ebpf/sim)",
      cause: error,
    });
  }
  return withPlace(error, place);
}

/** @throws {InvalidArgumentError} when the line is no object in JSON, or does not say what happens. */
function parseLine(line: string, place: string): Happening {
  try {
    const parsed: unknown = JSON.parse(line);
    if (isHappening(parsed)) return parsed;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw new InvalidArgumentError(`${place} is no object in JSON that says what to "fire"`, {
    hint: 'write { "fire": "tracepoint", "with": ["sched/sched_switch", { "prev_pid": 1 }] }',
  });
}

function isHappening(value: unknown): value is Happening {
  return (
    typeof value === "object" && value !== null && typeof Reflect.get(value, "fire") === "string"
  );
}
