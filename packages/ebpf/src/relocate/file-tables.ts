/**
 * The records of a program that comes from an object file, in terms of that file's own types.
 * @module
 */
import {
  type CoreRelo,
  coreReloFormat,
  encodeRecords,
  funcInfoFormat,
  lineInfoFormat,
  type RecordTable,
} from "../btf/ext/records.ts";
import type { BtfStrings } from "../btf/write/strings.ts";
import { placesOf } from "../isa/places.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import { linesOf } from "./describe-program.ts";
import { functionsOf } from "./functions-of.ts";

/** What goes along with a program beside its types. */
export interface FileTables {
  readonly funcInfo: RecordTable;
  readonly lineInfo: RecordTable | undefined;
  /** The relocations as the file has them, for kernels that do them. */
  readonly coreRelos: RecordTable | undefined;
}

/** The tables of `program`, whose texts go into `strings`; `undefined` when not all of its functions have a type there. */
export function fileTables(
  program: ProgramSpec,
  strings: BtfStrings,
  relocations?: "with relocations",
): FileTables | undefined {
  const functions = functionsOf(program);
  const { starts } = placesOf(program.instructions);
  const infos = functions.flatMap(({ index, type }) => {
    return type === undefined ? [] : [{ slot: starts[index]!, type }];
  });
  if (infos.length === 0 || infos.length < functions.length) return undefined;
  const lines = linesOf(program, functions, starts);
  const relos = relocations === undefined ? [] : coreRelosOf(program, starts);
  return {
    funcInfo: encodeRecords(funcInfoFormat, infos, strings),
    lineInfo: lines.length === 0 ? undefined : encodeRecords(lineInfoFormat, lines, strings),
    coreRelos: relos.length === 0 ? undefined : encodeRecords(coreReloFormat, relos, strings),
  };
}

function coreRelosOf(
  { relocations = [] }: ProgramSpec,
  starts: readonly number[],
): readonly CoreRelo[] {
  return relocations.flatMap(({ index, local }) => {
    if (local === undefined) return [];
    const { type, access, kind } = local;
    return [{ slot: starts[index]!, type, access, kind }];
  });
}
