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
import { forEachFile } from "./each-file.ts";
import { type OpenedObject, openObjectFile } from "./read-file.ts";
import { type ProgramRelocations, relocationLines, relocationsFor } from "./relocations.ts";

/**
 * Shows what is in the files at `paths`. One that is damaged, no object file of BPF, or not there, is told; the others are gone
 * on with.
 * @throws {InvalidArgumentError} when options do not go together.
 */
export async function inspectObjects(
  paths: readonly string[],
  options: InspectOptions,
  context: Context,
): Promise<void> {
  const find = relocator(options);
  const { json } = options;
  using lines = new LineWriter(context.lines);
  const told: object[] = [];
  const show = (object: OpenedObject): void => {
    if (json === true)
      told.push({ ...contentsOf(object), ...(find && { relocated: find(object) }) });
    else {
      const shown = textLines(object, options, find);
      if (told.push(shown) > 1) lines.write("");
      for (const line of shown) lines.write(line);
      // What is wrong with the next file comes behind it.
      lines.flush();
    }
  };
  forEachFile(paths, { context, json, act: (path) => show(openObjectFile(path)) });
  if (json === true && told.length > 0) lines.write(JSON.stringify({ objects: jsonOf(told) }));
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
