/**
 * What `dump` does: run the file, compile what it exports, show it.
 * @module
 */
import type { Context } from "../context.ts";
import { compileTarget } from "../program-file/compile-target.ts";
import { openProgramFile } from "../program-file/open.ts";
import { LineWriter } from "../terminal/line-writer.ts";
import type { DumpOptions } from "./command.ts";
import { type DumpParts, dumpJson, dumpLines } from "./dump.ts";

/**
 * Shows the programs of the file at `path`.
 * @throws {CompileError} with everything that cannot be compiled.
 * @throws {InvalidArgumentError} when the file exports no program, or not the one that is asked for.
 */
export async function dumpPrograms(
  path: string,
  options: DumpOptions,
  { stdout }: Context,
): Promise<void> {
  const { library, specs } = await openProgramFile(path, options.program);
  const target = compileTarget(options, library);
  const { optimize } = options;
  const compiled = library.compiler.compileCollection(specs, { ...target, optimize });
  const parts: DumpParts = { compiled, isa: library.isa, compiler: library.compiler };
  using lines = new LineWriter(stdout);
  if (options.json === true) lines.write(JSON.stringify(dumpJson(parts)));
  else for (const line of dumpLines(parts, options, stdout)) lines.write(line);
  await lines.settled();
}
