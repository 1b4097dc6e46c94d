/**
 * From the attributes of loading to what the checker is given.
 *
 * Tables that go with a program are records of BTF.ext, whose first fields are read here as `struct bpf_func_info` and
 * `struct bpf_line_info` of include/uapi/linux/bpf.h say. Damaged ones are left out, as the program can be judged without.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import type { Btf } from "../../btf/btf.ts";
import type { ProgLoad, RecordTable } from "../../kernel/commands.ts";
import type { CheckedFunction, CheckedLine, CheckedMap, CheckedProgram } from "./program.ts";

/** What is known beside the attributes. */
export interface LoadSurroundings {
  readonly maps: readonly CheckedMap[];
  /** The program's own types. */
  readonly types?: Btf | undefined;
  readonly kernelTypes?: Btf | undefined;
}

/** Attributes that matter; objects are given by {@link LoadSurroundings}. */
export type CheckedLoad = Omit<ProgLoad, "maps" | "progBtf" | "attachProg"> & {
  readonly onProgram?: boolean | undefined;
};

/** What the checker is to check. */
export function checkedProgram(load: CheckedLoad, surroundings: LoadSurroundings): CheckedProgram {
  const { types } = surroundings;
  return {
    ...surroundings,
    type: load.progType,
    expectedAttachType: load.expectedAttachType,
    instructions: load.insns,
    license: load.license,
    flags: load.progFlags ?? [],
    attachBtfId: load.attachBtfId,
    onProgram: load.onProgram,
    structOpsMember: load.structOpsMember,
    functions: functionsOf(load.funcInfo),
    lines: types === undefined ? [] : linesOf(load.lineInfo, types),
  };
}

/** Where the functions of a program start, and their types. */
export function functionsOf(table: RecordTable | undefined): readonly CheckedFunction[] {
  return rows(table, 8).map((view) => ({
    slot: view.getUint32(0, true),
    type: view.getUint32(4, true),
  }));
}

function linesOf(table: RecordTable | undefined, { strings }: Btf): readonly CheckedLine[] {
  return rows(table, 16).map((view) => ({
    slot: view.getUint32(0, true),
    file: strings.text(view.getUint32(4, true)),
    line: view.getUint32(12, true) >>> 10,
    text: strings.text(view.getUint32(8, true)),
  }));
}

function rows(table: RecordTable | undefined, least: number): readonly DataView[] {
  if (table === undefined || table.recordSize < least) return [];
  const { bytes, recordSize } = table;
  const count = Math.floor(bytes.length / recordSize);
  return Array.from({ length: count }, (_, index) =>
    viewOf(bytes.subarray(index * recordSize, (index + 1) * recordSize)),
  );
}
