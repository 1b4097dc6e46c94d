/**
 * What `build` does with C: have clang compile it, say what clang warns of, write the object.
 * @module
 */
import { basename, extname } from "node:path";
import { compileC } from "ts-ebpf/compiler";
import { readObject } from "ts-ebpf/object";
import { btfBytesIn } from "../btf/source.ts";
import type { Context } from "../context.ts";
import { replaceFile } from "../file/replace-file.ts";
import { writeWarnings } from "../terminal/warnings.ts";
import { UsageError } from "../usage-error.ts";
import type { BuildOptions } from "./command.ts";
import { jsonOf, textOf, type Built } from "./report.ts";

/**
 * Builds the object for the C file at `path`.
 * @throws {CompileError} with all that clang calls an error.
 * @throws {InvalidArgumentError} when there is no clang.
 * @throws {UsageError} when an option is for TypeScript alone.
 */
export async function buildC(
  path: string,
  options: BuildOptions,
  { stdout, stderr }: Context,
): Promise<void> {
  refuseOthers(options);
  const { object, warnings } = await compileC(path, {
    isaVersion: options.isa,
    includes: options.include,
    btf: options.btf === undefined ? undefined : btfBytesIn(options.btf),
  });
  writeWarnings(warnings, stderr);
  const out = options.out ?? `${basename(path, extname(path))}.o`;
  replaceFile(out, object);
  const built = describe(out, object);
  stdout.write(`${options.json === true ? JSON.stringify(jsonOf(built)) : textOf(built)}\n`);
}

/** What C cannot be told from here. */
function refuseOthers({ export: names, kernel }: BuildOptions): void {
  const option = names !== undefined ? "--export" : kernel !== undefined ? "--kernel" : undefined;
  if (option === undefined) return;
  throw new UsageError(`${option} is for programs in TypeScript, not in C`, {
    hint: "leave it out: an object made of C holds all programs of its file",
  });
}

function describe(out: string, object: Uint8Array): Built {
  const specs = Object.values(readObject(object, out));
  return {
    out,
    bytes: object.length,
    programs: specs.filter((spec) => spec.kind === "program"),
    maps: specs.filter((spec) => spec.kind === "map"),
  };
}
