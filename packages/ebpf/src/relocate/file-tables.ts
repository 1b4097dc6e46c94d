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
import type { BtfTypeId } from "../btf/type.ts";
import type { BtfStrings } from "../btf/write/strings.ts";
import { placesOf } from "../isa/places.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import type { ProgramType } from "../spec/words.ts";
import { linesOf } from "./describe-program.ts";
import { functionsOf } from "./functions-of.ts";

/** What goes along with a program beside its types. */
export interface FileTables {
  readonly funcInfo: RecordTable;
  readonly lineInfo: RecordTable | undefined;
  /** The relocations as the file has them, for kernels that do them. */
  readonly coreRelos: RecordTable | undefined;
}

/** The types of the file as a kernel gets them. */
export interface TableTypes {
  /** Gets the texts of the tables. */
  readonly strings: BtfStrings;
  /** Id of the type that the function with type `id` has in programs of a type. */
  readonly functionType: (programType: ProgramType, id: BtfTypeId) => BtfTypeId;
}

/** The tables of `program` in terms of `types`; `undefined` when not all of its functions have a type there. */
export function fileTables(
  program: ProgramSpec,
  types: TableTypes,
  relocations?: "with relocations",
): FileTables | undefined {
  const { strings } = types;
  const functions = functionsOf(program);
  const { starts } = placesOf(program.instructions);
  const infos = functions.flatMap(({ index, type }) => {
    if (type === undefined) return [];
    return [{ slot: starts[index]!, type: types.functionType(program.type, type) }];
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
