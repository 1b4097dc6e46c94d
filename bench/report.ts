/**
 * Figures as text: one line of JSON each for programs, a table for people.
 * @module
 */
import type { Limit, Unit } from "./benchmark.ts";
import type { Measurement } from "./measure.ts";

/** One line of JSON: name, ours, peer, ratio, unit, runs. */
export function jsonLine({ figure, ours, peer, ratio, runs }: Measurement): string {
  const { name, unit } = figure;
  const numbers = { ours: rounded(ours), peer: rounded(peer), ratio: rounded(ratio) };
  return JSON.stringify({ name, ...numbers, unit, runs });
}

/** Whether the limit of a figure holds; true when it has none. */
export function holds({ figure: { limit }, ...values }: Measurement): boolean {
  return limit === undefined || values[limit.of] <= limit.max;
}

/** Widths of the table's columns; negative: padded on the right. */
const columns = [-1, -32, 9, 9, 6, -12, 0] as const;

/** Heading of {@link tableRow}. */
export const tableHeading: string = row([
  "",
  "benchmark",
  "ours",
  "peer",
  "ratio",
  "must be",
  "what",
]);

/** One line of the table for people. */
export function tableRow(measurement: Measurement): string {
  const { figure, ours, peer, ratio } = measurement;
  const { name, unit, limit, about } = figure;
  const mark = limit === undefined ? " " : holds(measurement) ? "✓" : "✗";
  const amounts = [amount(ours, unit), amount(peer, unit), ratio.toFixed(2)];
  return row([mark, name, ...amounts, limit === undefined ? "" : limitText(limit, unit), about]);
}

function limitText({ of, max }: Limit, unit: Unit): string {
  return of === "ratio" ? `ratio ≤ ${max}` : `ours ≤ ${max} ${unit}`;
}

function amount(value: number, unit: Unit): string {
  if (unit === "instructions") return value.toFixed(0);
  return `${value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2)} ${unit}`;
}

function row(cells: readonly string[]): string {
  const padded = cells.map((cell, index) => {
    const width = columns[index] ?? 0;
    return width < 0 ? cell.padEnd(-width) : cell.padStart(width);
  });
  return padded.join("  ").trimEnd();
}

/** Four digits: no measurement here has more. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
