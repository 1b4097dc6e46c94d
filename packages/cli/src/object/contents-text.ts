/**
 * What is in an object file, for people: a line for each thing, in columns.
 * @module
 */
import { padEnd } from "../terminal/columns.ts";
import { printable } from "../terminal/printable.ts";
import type {
  ExternContents,
  MapContents,
  ObjectContents,
  ProgramContents,
  SettingContents,
  StructOpsContents,
  VariableContents,
} from "./contents.ts";

/** What to tell people. */
export interface TextOptions {
  /** The sections, too: there are many, and few of them are for loaders. */
  readonly sections?: boolean;
}

/** The text, without a line break at its end. */
export function contentsText(contents: ObjectContents, { sections }: TextOptions): string {
  const { file, bytes, license, byteOrder, relocations } = contents;
  const told = [
    license === "" ? "no licence" : `licence ${printable(license)}`,
    plural(relocations, "relocation"),
    ...(byteOrder === "big" ? ["for big-endian machines"] : []),
  ];
  return [
    `${file}: ${bytes.toLocaleString("en")} bytes, ${told.join(", ")}`,
    ...inColumns([...rowsOf(contents), ...(sections === true ? sectionRows(contents) : [])]).map(
      (line) => `  ${line}`,
    ),
  ].join("\n");
}

/** The kind of thing, its name, its type, and what else there is to say. */
type Row = readonly [kind: string, name: string, type: string, more: string];

function rowsOf(contents: ObjectContents): readonly Row[] {
  return [
    ...contents.programs.map(programRow),
    ...contents.structOps.map(structOpsRow),
    ...contents.maps.map(mapRow),
    ...contents.variables.map(variableRow),
    ...contents.settings.map(settingRow),
    ...contents.externs.map(externRow),
  ];
}

function sectionRows({ sections }: ObjectContents): readonly Row[] {
  return sections.map(({ name, type, size }) => {
    return ["section", name, String(type), plural(size, "byte")];
  });
}

/** Columns as wide as what is in them, but for the last one. */
export function inColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const cells = rows.map((row) => row.map(printable));
  const widths = Array.from({ length: count }, (_, column) =>
    Math.min(widest, Math.max(0, ...cells.map((row) => row[column]?.length ?? 0))),
  );
  return cells.map((row) =>
    row
      .map((cell, column) => padEnd(cell, widths[column]!))
      .join("  ")
      .trimEnd(),
  );
}

/** Longer text is not lined up with. */
const widest = 40;

function programRow(program: ProgramContents): Row {
  const { name, type, section, instructions, autoload, refusal } = program;
  const more = [
    ...(section === undefined ? [] : [`section ${section}`]),
    plural(instructions, "instruction"),
    ...(autoload ? [] : ["only on demand"]),
    ...(refusal === undefined ? [] : [`cannot be loaded: ${refusal}`]),
  ];
  return ["program", name, type, more.join(", ")];
}

function structOpsRow({ name, type, functions }: StructOpsContents): Row {
  return ["struct_ops", name, type, `functions ${functions.join(", ") || "none"}`];
}

function mapRow({ name, type, maxEntries, key, value, pinning }: MapContents): Row {
  const unit = type.endsWith("ringbuf") ? "byte" : "element";
  const more = [
    ...(maxEntries === 0 ? [] : [plural(maxEntries, unit)]),
    ...(key === undefined ? [] : [`key ${key.type}`]),
    ...(value === undefined ? [] : [`value ${value.type}`]),
    ...(pinning === undefined ? [] : ["pinned by name"]),
  ];
  return ["map", name, type, more.join(", ")];
}

function variableRow({ name, type, section, constant }: VariableContents): Row {
  const where = section === undefined ? "" : `in ${section}`;
  return [constant ? "constant" : "variable", name, type, where];
}

function settingRow({ name, type, weak }: SettingContents): Row {
  return ["setting", name, type, weak ? "may be missing" : ""];
}

function externRow({ name, kind, weak, usedBy }: ExternContents): Row {
  const more = `for ${usedBy.join(", ")}${weak ? "; may be missing" : ""}`;
  return ["of the kernel", name, kind, more];
}

/** `"1 object"`, `"1,024 bytes"`: the count with the word in the right number. */
export function plural(count: number, word: string): string {
  return `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
}
