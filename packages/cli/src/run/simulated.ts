/**
 * What `run --sim` adds: a simulated kernel, and what happens in it, out of a file.
 *
 * Types are those of the running kernel where everybody may read them, as on most machines, and else those that the
 * library has. Nothing is changed outside of this process.
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { InvalidArgumentError } from "ts-ebpf";
import type { Happening, SimulatedKernel } from "ts-ebpf/sim";
import { readFile } from "../file/read-file.ts";
import type { Library } from "../program-file/library.ts";
import type { RunOptions } from "./command.ts";

const kernelTypes = "/sys/kernel/btf/vmlinux";

/**
 * A simulated kernel that has what the file of `--world` says, and what the options name.
 * @throws {InvalidArgumentError} when there is no such file, or it says what cannot be meant.
 */
export function simulatedKernel(library: Library, options: RunOptions): SimulatedKernel {
  const kernel = worldOf(library, options);
  for (const name of options.function ?? []) kernel.addFunction(name);
  for (const name of options.tracepoint ?? []) kernel.addTracepoint(name);
  if (options.interface !== undefined) kernel.addInterface(options.interface);
  if (options.cgroup !== undefined) kernel.addCgroup(options.cgroup);
  return kernel;
}

function worldOf({ sim }: Library, { world }: RunOptions): SimulatedKernel {
  const btf = existsSync(kernelTypes) ? { btf: readFileSync(kernelTypes) } : {};
  const usual = { ...btf, files: fileAt };
  if (world === undefined) return sim.createSimulatedKernel(usual);
  const hint = 'it is JSON such as { "functions": ["my_function"], "task": { "pid": 7 } }';
  const text = readFile(world, hint).toString();
  try {
    return sim.declaredKernel(JSON.parse(text), usual);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw withPlace(error, world);
    throw new InvalidArgumentError(`${world} is no JSON: ${error.message}`, { hint, cause: error });
  }
}

/** What is in the file at `path`, as a simulated kernel asks for files. */
export function fileAt(path: string): Uint8Array | undefined {
  return existsSync(path) ? readFileSync(path) : undefined;
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

/** An error of wrong input with the place of the input; others as they are. */
function withPlace(error: unknown, place: string): unknown {
  // Not by class alone: the file may bring its own copy of the library.
  if (!(error instanceof Error && "code" in error && error.code === "INVALID_ARGUMENT"))
    return error;
  const { message, hint } = error as InvalidArgumentError;
  const options = hint === undefined ? {} : { hint };
  return new InvalidArgumentError(`${place}: ${message}`, options);
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
