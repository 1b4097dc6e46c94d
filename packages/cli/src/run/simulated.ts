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
import type { Library } from "../program-file/library.ts";
import type { RunOptions } from "./command.ts";

const kernelTypes = "/sys/kernel/btf/vmlinux";

/** A simulated kernel that has the places which the options name. */
export function simulatedKernel(library: Library, options: RunOptions): SimulatedKernel {
  const btf = existsSync(kernelTypes) ? { btf: readFileSync(kernelTypes) } : {};
  const kernel = library.sim.createSimulatedKernel({ ...btf, files: fileAt });
  if (options.interface !== undefined) kernel.addInterface(options.interface);
  if (options.cgroup !== undefined) kernel.addCgroup(options.cgroup);
  return kernel;
}

function fileAt(path: string): Uint8Array | undefined {
  return existsSync(path) ? readFileSync(path) : undefined;
}

/**
 * Lets happen what the lines of the file at `path` say, one after the other; returns how many these were.
 * @throws {InvalidArgumentError} when there is no such file, or a line is not JSON or says nothing that can happen.
 */
export function replayFile(library: Library, kernel: SimulatedKernel, path: string): number {
  if (!existsSync(path)) {
    throw new InvalidArgumentError(`there is no file ${path}`, {
      hint: 'each of its lines is JSON such as { "fire": "rawTracepoint", "with": ["sys_enter", [0, 1]] }',
    });
  }
  let count = 0;
  for (const [index, line] of readFileSync(path, "utf8").split("\n").entries()) {
    if (line.trim() === "") continue;
    const happening = parseLine(line, `${path}:${index + 1}`);
    library.sim.happen(kernel, happening);
    count += 1;
  }
  return count;
}

/** @throws {InvalidArgumentError} when the line is no object in JSON. */
function parseLine(line: string, place: string): Happening {
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed === "object" && parsed !== null) return parsed as Happening;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw new InvalidArgumentError(`${place} is no object in JSON`, {
    hint: 'write { "fire": "tracepoint", "with": ["sched/sched_switch", { "prev_pid": 1 }] }',
  });
}
