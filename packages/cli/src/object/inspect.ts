/**
 * What `object inspect` does: read the files, and tell what is in them, and what a kernel makes of it.
 * @module
 */
import { InvalidArgumentError } from "ts-ebpf";
import { readBtfFile, runningKernel } from "../btf/source.ts";
import type { Context } from "../context.ts";
import { jsonOf } from "../table/cell.ts";
import { LineWriter } from "../terminal/line-writer.ts";
import type { InspectOptions } from "./command.ts";
import { contentsOf } from "./contents.ts";
import { contentsText } from "./contents-text.ts";
import { type OpenedObject, openObjectFile } from "./read-file.ts";
import { type ProgramRelocations, relocationLines, relocationsFor } from "./relocations.ts";

/**
 * Shows what is in the files at `paths`.
 * @throws {MalformedError} when one is damaged, or no object file of BPF.
 * @throws {InvalidArgumentError} when there is no such file.
 */
export async function inspectObjects(
  paths: readonly string[],
  options: InspectOptions,
  { lines: target }: Context,
): Promise<void> {
  const objects = paths.map(openObjectFile);
  const find = relocator(options);
  using lines = new LineWriter(target);
  if (options.json === true) {
    const told = objects.map((object) => ({
      ...contentsOf(object),
      ...(find && { relocated: find(object) }),
    }));
    lines.write(JSON.stringify({ objects: jsonOf(told) }));
  } else {
    for (const [index, object] of objects.entries()) {
      if (index > 0) lines.write("");
      for (const line of textLines(object, options, find)) lines.write(line);
    }
  }
  await lines.settled();
}

function textLines(
  object: OpenedObject,
  options: InspectOptions,
  find: FindRelocations | undefined,
): readonly string[] {
  const relocated = find?.(object) ?? [];
  return [
    ...contentsText(contentsOf(object), options).split("\n"),
    ...relocated.flatMap((one) => relocationLines(one, nameOf(options))),
  ];
}

type FindRelocations = (object: OpenedObject) => readonly ProgramRelocations[];

/** What finds relocations, when they are asked for. */
function relocator({ relocations, btf }: InspectOptions): FindRelocations | undefined {
  if (relocations !== true) {
    if (btf === undefined) return undefined;
    throw new InvalidArgumentError("--btf is for --relocations", { hint: "give both" });
  }
  const target = readBtfFile(btf ?? runningKernel);
  return ({ programs }) => relocationsFor(programs, target);
}

function nameOf({ btf }: InspectOptions): string {
  return btf ?? "this kernel";
}
