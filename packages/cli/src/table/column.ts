/**
 * Columns of tables, from layouts.
 *
 * A struct becomes a column for each field, structs in it included; anything else becomes one. Numbers stand right, and
 * a column is as wide as its layout makes likely, wider when a value is.
 * @module
 */
import type { Layout } from "ts-ebpf";
import { padEnd, widthOf } from "../terminal/columns.ts";
import { cellOf } from "./cell.ts";

/** A column; `width` grows. */
export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
  /** Columns of the terminal it takes. */
  width: number;
  /** Its value in that of the layout. */
  readonly pick: (value: unknown) => unknown;
}

/** The columns of what `layout` describes. Without fields it is one, called `title`. */
export function columnsOf(layout: Layout<unknown>, title: string): readonly Column[] {
  return columnsBelow(layout, { title, path: "", pick: (value) => value });
}

interface Place {
  readonly title: string;
  /** Names of fields that lead here. */
  readonly path: string;
  readonly pick: Column["pick"];
}

/** What a struct's layout has; told by its kind, as the layout is of the file's copy of the library. */
interface Struct extends Layout<unknown> {
  readonly fields: Readonly<Record<string, { readonly layout: Layout<unknown> }>>;
}

function columnsBelow(layout: Layout<unknown>, { title, path, pick }: Place): readonly Column[] {
  if (layout.kind === "opaque") return [];
  if (layout.kind !== "struct") {
    const name = path === "" ? title : path;
    const align = alignmentOf(layout);
    return [{ title: name, align, pick, width: Math.max(widthOf(name), likelyWidth(layout)) }];
  }
  return Object.entries((layout as Struct).fields).flatMap(([name, field]) =>
    columnsBelow(field.layout, {
      title,
      path: path === "" ? name : `${path}.${name}`,
      pick: (value) => (pick(value) as Readonly<Record<string, unknown>>)[name],
    }),
  );
}

/** Right for what reads as a number. */
function alignmentOf(layout: Layout<unknown>): Column["align"] {
  try {
    const zero = layout.read(new DataView(new ArrayBuffer(layout.size)), 0);
    return typeof zero === "number" || typeof zero === "bigint" ? "right" : "left";
  } catch {
    // Zeros are no value of it, as can be with a layout of one's own.
    return "left";
  }
}

const widthsBySize: Readonly<Record<number, number>> = { 1: 3, 2: 5, 4: 7, 8: 10 };

function likelyWidth({ kind, size }: Layout<unknown>): number {
  if (kind === "integer") return widthsBySize[size] ?? 1;
  return kind === "chars" ? Math.min(size - 1, 16) : 1;
}

const gap = "  ";

/** The titles above the columns. */
export function titlesOf(columns: readonly Column[]): string {
  return joined(columns, (column) => column.title.toUpperCase());
}

/** The row for `value`; columns that are too narrow for it become wider. */
export function rowOf(columns: readonly Column[], value: unknown): string {
  return joined(columns, (column) => {
    const text = cellOf(column.pick(value));
    column.width = Math.max(column.width, widthOf(text));
    return text;
  });
}

/** Makes the columns wide enough for all of `values`. */
export function fitTo(columns: readonly Column[], values: Iterable<unknown>): void {
  for (const column of columns) column.width = widthOf(column.title);
  for (const value of values) rowOf(columns, value);
}

function joined(columns: readonly Column[], text: (column: Column) => string): string {
  const cells = columns.map((column) => {
    const cell = text(column);
    if (column.align === "left") return padEnd(cell, column.width);
    return " ".repeat(Math.max(column.width - widthOf(cell), 0)) + cell;
  });
  return cells.join(gap).trimEnd();
}
