/**
 * What goes to the kernel with a program that is loaded: its BTF, and the tables of records that belong to it.
 * @module
 */
import { parseBtf } from "../btf/btf.ts";
import {
  coreReloFormat,
  encodeRecords,
  funcInfoFormat,
  lineInfoFormat,
  type Placed,
  type RecordFormat,
  type RecordTable,
} from "../btf/ext/records.ts";
import type { TypeSource } from "../btf/type-source.ts";
import { BtfWriter } from "../btf/write/writer.ts";
import type { Instruction } from "../isa/instruction.ts";
import type { ProgramDescription } from "../spec/program-description.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import { relocateProgram } from "./core.ts";
import { describePrograms } from "./describe-program.ts";

/** A program as it is handed to the kernel. Tables without records are left out. */
export interface ProgramBtf extends ProgramDescription {
  readonly instructions: readonly Instruction[];
}

/** Options of {@link programBtf}. */
export interface ProgramBtfOptions {
  /** Types the program was compiled with: given when the kernel shall relocate it. */
  readonly types?: TypeSource | undefined;
}

/**
 * The BTF of a program with its records; `undefined` for a program that says nothing about itself.
 *
 * When the kernel shall relocate, the instructions hold what the types in this BTF say: it refuses others.
 * @throws {InvalidArgumentError} when a relocation goes through a pointer, or has no place in its instruction.
 */
export function programBtf(
  program: ProgramSpec,
  { types }: ProgramBtfOptions = {},
): ProgramBtf | undefined {
  const writer = new BtfWriter();
  // As compilers of C describe main functions, which is what the kernel knows: only so can they be replaced.
  const described = { types, mainLinkage: "global", typedContext: true } as const;
  const [records] = describePrograms(writer, [program], described);
  if (records === undefined || records.funcInfo.length === 0) return undefined;
  const table = <T extends Placed>(
    format: RecordFormat<T>,
    list: readonly T[],
  ): RecordTable | undefined =>
    list.length === 0 ? undefined : encodeRecords(format, list, writer.strings);
  const lineInfo = table(lineInfoFormat, records.lineInfo);
  const coreRelos = table(coreReloFormat, records.coreRelos);
  const funcInfo = encodeRecords(funcInfoFormat, records.funcInfo, writer.strings);
  // Last, as the records have put their texts into its strings.
  const btf = writer.encode();
  const local = coreRelos === undefined ? undefined : parseBtf(btf, { path: program.name });
  return {
    instructions:
      local === undefined
        ? program.instructions
        : relocateProgram(withoutOrigins(program), { target: local }).instructions,
    btf,
    funcInfo,
    lineInfo,
    coreRelos,
  };
}

/** The program's relocations by name: the types they come from are not those that go along with it. */
export function withoutOrigins(program: ProgramSpec): ProgramSpec {
  const relocations = program.relocations?.map(({ index, core }) => ({ index, core }));
  return relocations === undefined ? program : { ...program, relocations };
}
