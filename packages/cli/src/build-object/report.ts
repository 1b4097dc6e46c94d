/**
 * What `build` tells about what it has built.
 * @module
 */
import type { MapSpec, ProgramSpec } from "ts-ebpf";
import { slotsOf } from "../program-file/slots.ts";

/** What was built. */
export interface Built {
  readonly out: string;
  readonly bytes: number;
  readonly programs: readonly ProgramSpec[];
  readonly maps: readonly MapSpec[];
}

/** The report for people. */
export function textOf({ out, bytes, programs, maps }: Built): string {
  const rows = [
    ...programs.map((program) => [
      "program",
      program.name,
      program.type,
      `${slotsOf(program.instructions)} instructions`,
    ]),
    ...maps.map((map) => ["map", map.name, map.type, sizeOf(map)]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "),
  );
  return [`${out}: ${bytes.toLocaleString("en")} bytes`, ...lines.map((line) => `  ${line}`)].join(
    "\n",
  );
}

function sizeOf(map: MapSpec): string {
  if ("variable" in map) return map.variable;
  const unit = map.type === "ringbuf" ? "bytes" : map.maxEntries === 1 ? "element" : "elements";
  return `${map.maxEntries.toLocaleString("en")} ${unit}`;
}

/** The report for programs. */
export function jsonOf({ out, bytes, programs, maps }: Built): object {
  return {
    file: out,
    bytes,
    programs: programs.map(({ name, type, target, instructions }) => ({
      name,
      type,
      target,
      instructions: slotsOf(instructions),
    })),
    maps: maps.map(({ name, type, maxEntries }) => ({ name, type, maxEntries })),
  };
}
