/**
 * What `build` does: run the file, compile what it exports, write the object.
 *
 * The object takes the place of an older one at once, and only when all of it compiled.
 * @module
 */
import { basename, extname } from "node:path";
import type { CompiledCollection } from "ts-ebpf/compiler";
import type { Context } from "../context.ts";
import { compileTarget } from "../program-file/compile-target.ts";
import { openProgramFile } from "../program-file/open.ts";
import { replaceFile } from "../file/replace-file.ts";
import { UsageError } from "../usage-error.ts";
import type { BuildOptions } from "./command.ts";
import { type Built, jsonOf, textOf } from "./report.ts";

/**
 * Builds the object for the file at `path`.
 * @throws {CompileError} with everything that cannot be compiled.
 * @throws {InvalidArgumentError} when the file exports no program, or one that no object file can hold.
 * @throws {UsageError} when an option is for C alone.
 */
export async function buildObject(
  path: string,
  options: BuildOptions,
  { stdout }: Context,
): Promise<void> {
  if (options.include !== undefined) throw new UsageError("-I is for programs in C");
  const { library, specs } = await openProgramFile(path, options.export);
  const target = compileTarget(options, library);
  const compiled = library.compiler.compileCollection(specs, { ...target, portable: true });
  const object = library.compiler.writeObject(compiled.spec, { kernel: target.btf });
  const out = options.out ?? `${basename(path, extname(path))}.o`;
  replaceFile(out, object);
  const built = describe(out, object, compiled);
  stdout.write(`${options.json === true ? JSON.stringify(jsonOf(built)) : textOf(built)}\n`);
}

function describe(out: string, object: Uint8Array, { spec, programs }: CompiledCollection): Built {
  const maps = Object.values(spec).filter((one) => one.kind === "map");
  return {
    out,
    bytes: object.length,
    programs: [...programs.values()].map((program) => program.spec),
    maps,
  };
}
