/**
 * What an object file says about the instructions of programs: functions, lines, and what depends on the kernel.
 *
 * Records are made for each program as when it is loaded, and moved to where its functions lie in the file; those of
 * functions that an earlier program has, too, are left out.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import type { CoreRelo, FuncInfo, LineInfo } from "../btf/ext/records.ts";
import type { BtfExt } from "../btf/ext/sections.ts";
import type { TypeSource } from "../btf/type-source.ts";
import type { BtfWriter } from "../btf/write/writer.ts";
import { slotSize } from "../isa/slot.ts";
import { describePrograms } from "../relocate/describe-program.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import type { PlacedProgram } from "./code-layout.ts";

/**
 * The records of all programs; the types and texts they name go into `writer`.
 * @throws {InvalidArgumentError} when a program depends on the kernel, `kernel` is left out, and it is from no object file,
 * whose types would say what it depends on.
 */
export function programRecords(
  writer: BtfWriter,
  programs: readonly PlacedProgram[],
  kernel: TypeSource | undefined,
): BtfExt {
  const specs = programs.map(withFunctions);
  if (kernel === undefined) assertIndependent(specs);
  const described = describePrograms(writer, specs, {
    types: kernel,
    fileTypes: "used",
    mainLinkage: "global",
  });
  const ext = {
    funcInfo: new Map<string, FuncInfo[]>(),
    lineInfo: new Map<string, LineInfo[]>(),
    coreRelos: new Map<string, CoreRelo[]>(),
  };
  for (const [index, program] of programs.entries()) {
    const records = described[index]!;
    move(ext.funcInfo, program, records.funcInfo);
    move(ext.lineInfo, program, records.lineInfo);
    move(ext.coreRelos, program, records.coreRelos);
  }
  return ext;
}

/** The program with all functions said under the names that their symbols have, by which linkers find their types. */
function withFunctions({ spec, functions }: PlacedProgram): ProgramSpec {
  const known = new Map((spec.functions ?? []).map(({ index, parameters }) => [index, parameters]));
  return {
    ...spec,
    functions: functions.map(({ name, index }) => {
      return { name, index, parameters: known.get(index) ?? [] };
    }),
  };
}

function assertIndependent(programs: readonly ProgramSpec[]): void {
  const dependent = programs.find(({ relocations = [] }) => {
    return relocations.some(({ local }) => local === undefined);
  });
  if (dependent === undefined) return;
  throw new InvalidArgumentError(
    `program "${dependent.name}" depends on the kernel, whose types are not known`,
    { hint: "pass the kernel's types along" },
  );
}

/** Adds `records` of a program to those of the sections its functions lie in. */
function move<T extends { readonly slot: number }>(
  sections: Map<string, T[]>,
  { functions }: PlacedProgram,
  records: readonly T[],
): void {
  for (const record of records) {
    const at = record.slot * slotSize;
    const fn = functions.findLast(({ start }) => start <= at);
    if (fn === undefined || fn.shared) continue;
    const moved = { ...record, slot: (fn.offset + at - fn.start) / slotSize };
    const known = sections.get(fn.section);
    if (known === undefined) sections.set(fn.section, [moved]);
    else known.push(moved);
  }
}
