/**
 * What relocating the programs of an object file for a kernel does: a report, without loading anything.
 * @module
 */
import { BpfError, type ProgramSpec } from "ts-ebpf";
import type { Btf } from "ts-ebpf/btf";
import { relocateProgram, type RelocationReport } from "ts-ebpf/object";
import { slotsOf } from "../program-file/slots.ts";
import { inColumns } from "./contents-text.ts";

/** What is done for one relocation. */
export interface DoneRelocation extends RelocationReport {
  /** Number of the instruction, as `dump` shows it. */
  readonly slot: number;
}

/** What is done for one program. */
export interface ProgramRelocations {
  readonly program: string;
  readonly done: readonly DoneRelocation[];
  /** Why it cannot be relocated. */
  readonly error?: string;
}

/** What relocating `programs` for the kernel with the types `target` does; programs without relocations are left out. */
export function relocationsFor(
  programs: readonly ProgramSpec[],
  target: Btf,
): readonly ProgramRelocations[] {
  const relocated = programs.filter(({ relocations = [] }) => relocations.length > 0);
  return relocated.map((program) => {
    const done: DoneRelocation[] = [];
    const slot = (index: number): number => slotsOf(program.instructions.slice(0, index));
    const report = (one: RelocationReport) => done.push({ slot: slot(one.index), ...one });
    try {
      relocateProgram(program, { target, report });
      return { program: program.name, done };
    } catch (error) {
      if (!(error instanceof BpfError)) throw error;
      return { program: program.name, done, error: error.format() };
    }
  });
}

/** The report for people, line by line. */
export function relocationLines(
  { program, done, error }: ProgramRelocations,
  target: string,
): readonly string[] {
  const rows = done.map(({ slot, kind, what, from, to, refused }) => [
    `${slot}:`,
    kind,
    what,
    refused ?? valueText(from, to),
  ]);
  return [
    `  relocations of ${program} for ${target}`,
    ...inColumns(rows).map((line) => `    ${line}`),
    ...(error === undefined ? [] : error.split("\n").map((line) => `    ${line}`)),
  ];
}

function valueText(from: number | bigint | undefined, to: number | bigint | undefined): string {
  if (from === undefined) return `${to}`;
  return from === to ? `${to}, as compiled` : `${from} becomes ${to}`;
}
