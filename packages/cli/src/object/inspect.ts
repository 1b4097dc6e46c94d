/**
 * What `object inspect` does: read the files, and tell what is in them.
 * @module
 */
import { type Built, jsonOf, textOf } from "../build-object/report.ts";
import type { Context } from "../context.ts";
import type { ObjectOptions } from "./command.ts";
import { type OpenedObject, openObjectFile } from "./read-file.ts";

/**
 * Shows what is in the files at `paths`.
 * @throws {MalformedError} when one is damaged, or no object file of BPF.
 */
export async function inspectObjects(
  paths: readonly string[],
  { json }: ObjectOptions,
  { stdout }: Context,
): Promise<void> {
  const objects = paths.map(openObjectFile);
  const text =
    json === true
      ? JSON.stringify({ objects: objects.map(inspectJson) })
      : objects.map(inspectText).join("\n\n");
  stdout.write(`${text}\n`);
}

function builtOf({ path, bytes, programs, maps }: OpenedObject): Built {
  return { out: path, bytes: bytes.length, programs, maps };
}

function inspectText(object: OpenedObject): string {
  const { license, relocations } = totals(object);
  return `${textOf(builtOf(object))}\n  licence ${license}, ${relocations} relocations`;
}

function inspectJson(object: OpenedObject): object {
  return { ...jsonOf(builtOf(object)), ...totals(object) };
}

function totals({ programs }: OpenedObject): {
  readonly license: string;
  readonly relocations: number;
} {
  const counts = programs.map(({ relocations = [] }) => relocations.length);
  return {
    license: programs[0]?.license ?? "",
    relocations: counts.reduce((sum, count) => sum + count, 0),
  };
}
