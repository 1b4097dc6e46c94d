/**
 * The simulated kernel of a command: what it is and has, out of the file of `--world`.
 *
 * Types are those of the running kernel where everybody may read them, as on most machines, and else those that the
 * library has; so are files for probes to go to. Nothing is changed outside of this process.
 * @module
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { InvalidArgumentError } from "ts-ebpf";
import type { SimulatedKernel } from "ts-ebpf/sim";
import { readFile } from "../file/read-file.ts";
import type { Library } from "../program-file/library.ts";
import type { WorldOptions } from "./world-option.ts";

const kernelTypes = "/sys/kernel/btf/vmlinux";

/**
 * A simulated kernel that is and has what the file of `--world` says, or a usual one without it.
 * @throws {InvalidArgumentError} when there is no such file, or it says what cannot be meant.
 */
export function openWorld({ sim }: Library, { world }: WorldOptions): SimulatedKernel {
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

/** What is in the file at `path`, as a simulated kernel asks for files; a folder is none. */
function fileAt(path: string): Uint8Array | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined || found.isDirectory() ? undefined : readFileSync(path);
}

/** An error of wrong input with the place of the input; others as they are. */
export function withPlace(error: unknown, place: string): unknown {
  // Not by class alone: the file may bring its own copy of the library.
  if (!(error instanceof Error && "code" in error && error.code === "INVALID_ARGUMENT"))
    return error;
  const { message, hint } = error as InvalidArgumentError;
  const options = hint === undefined ? {} : { hint };
  return new InvalidArgumentError(`${place}: ${message}`, options);
}
