/**
 * What `dump` does with object files, and with C, which becomes one: read the programs, show them as those in TypeScript are
 * shown, with what is relocated when they are loaded.
 * @module
 */
import type { ProgramSpec } from "ts-ebpf";
import { compileC, helperSymbol } from "ts-ebpf/compiler";
import * as isa from "ts-ebpf/isa";
import { readObject } from "ts-ebpf/object";
import type { Context } from "../context.ts";
import { chosenPrograms } from "../object/chosen-programs.ts";
import { readObjectFile } from "../object/read-file.ts";
import { LineWriter } from "../terminal/line-writer.ts";
import { writeWarnings } from "../terminal/warnings.ts";
import { UsageError } from "../usage-error.ts";
import type { DumpOptions } from "./command.ts";
import { type DumpedProgram, type DumpParts, dumpJson, dumpLines } from "./dump.ts";

/**
 * Shows the programs of the object file, or C, at `path`.
 * @throws {MalformedError} when it is damaged, or no object file of BPF; {@link CompileError} when C does not compile.
 * @throws {InvalidArgumentError} when there is no such file or program.
 * @throws {UsageError} when an option is for TypeScript alone.
 */
export async function dumpObject(
  path: string,
  options: DumpOptions,
  { stdout, stderr }: Context,
): Promise<void> {
  refuseOthers(options);
  const bytes = path.endsWith(".c")
    ? await compiled(path, options, stderr)
    : readObjectFile(path).bytes;
  const programs = chosenPrograms(readObject(bytes, path), { path, names: options.program });
  const dumped = new Map(programs.map((spec) => [spec.name, dumpedProgram(spec)]));
  const parts: DumpParts = { compiled: { programs: dumped }, isa, compiler: { helperSymbol } };
  using lines = new LineWriter(stdout);
  if (options.json === true) lines.write(JSON.stringify(dumpJson(parts)));
  else for (const line of dumpLines(parts, options, stdout)) lines.write(line);
  await lines.settled();
}

async function compiled(
  path: string,
  { isa: isaVersion }: DumpOptions,
  stderr: Context["stderr"],
): Promise<Uint8Array> {
  const { object, warnings } = await compileC(path, { isaVersion });
  writeWarnings(warnings, stderr);
  return object;
}

/** What compiling from TypeScript alone has. */
function refuseOthers({ ir, optimize, kernel, btf }: DumpOptions): void {
  const given = { "--ir": ir, "--kernel": kernel, "--btf": btf };
  const [option] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  const refused = option ?? (optimize === "none" ? "--optimize" : undefined);
  if (refused === undefined) return;
  throw new UsageError(`${refused} is for programs in TypeScript`, {
    hint: "leave it out: the instructions of an object file are as its compiler made them",
  });
}

function dumpedProgram(spec: ProgramSpec): DumpedProgram {
  const names = spec.instructions.flatMap((instruction) => {
    if (instruction.kind !== "wide-load" || typeof instruction.value === "bigint") return [];
    const { value } = instruction;
    return value.kind === "map" || value.kind === "map-value" ? [value.name] : [];
  });
  return { spec, maps: [...new Set(names)].map((name) => ({ name })), dump: "" };
}
