/**
 * What programs see as tables for people.
 *
 * Each ring has a table; its titles stand where its rows begin, again when another ring was shown meanwhile. Maps are
 * shown whole, so their columns fit what is in them. On a terminal a row is cut to one line.
 * @module
 */
import type { Layout } from "ts-ebpf";
import { cellOf } from "../table/cell.ts";
import { type Column, columnsOf, fitTo, rowOf, titlesOf } from "../table/column.ts";
import { paintFor, type Paint } from "../terminal/colour.ts";
import { cutTo } from "../terminal/columns.ts";
import type { Element, ShownMap } from "./map-elements.ts";
import type { RunState, RunView } from "./run-view.ts";

/** What tables are made for. */
export interface TableOptions {
  /** Layouts of events, by ring. */
  readonly rings: ReadonlyMap<string, Layout<unknown>>;
  /** Elements of a map that are shown. */
  readonly rows: number;
}

/** Width of a terminal that does not tell. */
const usualWidth = 80;

/** The view for people who look at `stream`. */
export function runTable(stream: NodeJS.WriteStream, options: TableOptions): RunView {
  return new TableView(stream, options);
}

class TableView implements RunView {
  readonly #columns: ReadonlyMap<string, readonly Column[]>;
  readonly #rows: number;
  readonly #title: Paint;
  readonly #dim: Paint;
  readonly #width: number;
  /** The ring whose titles were shown last. */
  #ring: string | undefined;
  #started = false;

  constructor(stream: NodeJS.WriteStream, { rings, rows }: TableOptions) {
    this.#columns = new Map(
      [...rings].map(([name, layout]) => [name, columnsWithName(name, layout, rings.size)]),
    );
    this.#rows = rows;
    this.#title = paintFor(stream, "bold");
    this.#dim = paintFor(stream, "dim");
    this.#width = stream.isTTY ? stream.columns || usualWidth : Infinity;
  }

  event(ring: string, event: unknown): string {
    const columns = this.#columns.get(ring)!;
    this.#started = true;
    // The row first: it may make columns wider.
    const row = this.#cut(rowOf(columns, event));
    if (ring === this.#ring) return row;
    this.#ring = ring;
    return `${this.#title(this.#cut(titlesOf(columns)))}\n${row}`;
  }

  *state({ maps, variables, iterators }: RunState): Generator<string, void> {
    // Apart from events, and from the state before.
    if (this.#started) yield "";
    this.#started = true;
    this.#ring = undefined;
    for (const { name, value } of variables) yield this.#cut(`${name} = ${cellOf(value())}`);
    for (const map of maps) yield* this.#map(map);
    for (const { name, text } of iterators) {
      yield this.#title(name);
      yield text().trimEnd();
    }
  }

  *#map(map: ShownMap): Generator<string, void> {
    const elements = map.elements();
    const count =
      elements.length === 1 ? "1 element" : `${elements.length.toLocaleString("en")} elements`;
    yield `${this.#title(map.name)}  ${this.#dim(elements.length === 0 ? "empty" : count)}`;
    if (elements.length === 0) return;
    const columns = elementColumns(map);
    const shown = largestFirst(elements).slice(0, this.#rows);
    fitTo(columns, shown);
    yield this.#cut(`  ${titlesOf(columns)}`);
    for (const element of shown) yield this.#cut(`  ${rowOf(columns, element)}`);
    const more = elements.length - shown.length;
    if (more > 0) yield this.#dim(`  … ${more.toLocaleString("en")} more; --rows shows them`);
  }

  #cut(line: string): string {
    return this.#width === Infinity ? line : cutTo(line, this.#width);
  }
}

/** With several rings, the name of the ring comes first. */
function columnsWithName(name: string, layout: Layout<unknown>, rings: number): readonly Column[] {
  const columns = columnsOf(layout, "value");
  if (rings === 1) return columns;
  const width = Math.max(name.length, "ring".length);
  return [{ title: "ring", align: "left", width, pick: () => name }, ...columns];
}

function elementColumns({ key, value, perCpu }: ShownMap): readonly Column[] {
  const cpu: Column = {
    title: "cpu",
    align: "right",
    width: 3,
    pick: (element) => (element as Element).cpu,
  };
  return [
    ...columnsOf(key, "key").map((column) => ofElement(column, "key")),
    ...(perCpu ? [cpu] : []),
    ...columnsOf(value, "value").map((column) => ofElement(column, "value")),
  ];
}

/** A column of an element's key or value as one of the element. */
function ofElement(column: Column, part: "key" | "value"): Column {
  return { ...column, pick: (element) => column.pick((element as Element)[part]) };
}

/** Counts by their size; what is no number stays in the order of the map. */
function largestFirst(elements: readonly Element[]): readonly Element[] {
  const isNumber = elements.every(({ value }) => ["number", "bigint"].includes(typeof value));
  if (!isNumber || elements.some(({ cpu }) => cpu !== undefined)) return elements;
  return elements.toSorted((left, right) => {
    const [one, other] = [left.value as number, right.value as number];
    return one === other ? 0 : one > other ? -1 : 1;
  });
}
