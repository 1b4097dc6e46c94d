/**
 * What `list` does: ask the kernel, and show a table or JSON.
 * @module
 */
import { openNativeKernel } from "ts-ebpf/sys";
import { btfObjects, links, maps, pins, programs, readHolders } from "ts-ebpf/inspect";
import type { Kernel, ObjectInfo } from "ts-ebpf/kernel";
import type { Context } from "../context.ts";
import { jsonOf } from "../table/cell.ts";
import { fitTo, rowOf, titlesOf } from "../table/column.ts";
import { paintFor } from "../terminal/colour.ts";
import { cutTo } from "../terminal/columns.ts";
import { LineWriter } from "../terminal/line-writer.ts";
import { columnsFor, type Row } from "./columns.ts";
import type { ListedKind, ListOptions } from "./command.ts";

/**
 * Lists what is loaded of one kind.
 * @throws {PermissionError} without privileges.
 */
export async function listLoaded(
  kind: ListedKind,
  options: ListOptions,
  { stdout }: Context,
): Promise<void> {
  const rows = rowsOf(kind, options);
  using lines = new LineWriter(stdout);
  if (options.json === true) lines.write(JSON.stringify(rows.map(jsonRow), undefined, 2));
  else for (const line of tableLines(kind, options, { rows, stream: stdout })) lines.write(line);
  await lines.settled();
}

const walks: { readonly [Kind in ListedKind]: (kernel: Kernel) => Iterable<ObjectInfo> } = {
  programs,
  maps,
  links,
  btf: btfObjects,
};

function rowsOf(kind: ListedKind, options: ListOptions): readonly Row[] {
  const kernel = openNativeKernel();
  const infos = [...walks[kind](kernel)];
  const held = options.holders === true ? readHolders() : [];
  const pinned = options.pins === true ? pins(kernel) : [];
  return infos.map((info) => {
    const isIt = (object: { readonly kind: string; readonly id: number }): boolean =>
      object.kind === info.kind && object.id === info.id;
    const holders = held.filter(({ object }) => isIt(object));
    const paths = pinned.filter(({ object }) => isIt(object));
    return {
      info,
      ...(options.holders === true
        ? { holders: holders.map(({ command, pid }) => `${command} (${pid})`) }
        : {}),
      ...(options.pins === true ? { pins: paths.map(({ path }) => path) } : {}),
    };
  });
}

function jsonRow({ info, ...more }: Row): unknown {
  return jsonOf({ ...info, ...more });
}

/** Width of a terminal that does not tell. */
const usualWidth = 80;

/** What a table is made of. */
interface Table {
  readonly rows: readonly Row[];
  readonly stream: NodeJS.WriteStream;
}

/** The table for people: titles, then a row for each object. */
export function* tableLines(
  kind: ListedKind,
  options: ListOptions,
  { rows, stream }: Table,
): Generator<string, void> {
  const columns = columnsFor(kind, options);
  const width = stream.isTTY ? stream.columns || usualWidth : Infinity;
  fitTo(columns, rows);
  yield paintFor(stream, "bold")(cutTo(titlesOf(columns), width));
  for (const row of rows) yield cutTo(rowOf(columns, row), width);
}
