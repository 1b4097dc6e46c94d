/**
 * What a program says about itself, ready to be handed to a kernel.
 * @module
 */
import type { RecordTable } from "../btf/ext/records.ts";

/**
 * BTF of a program and the tables that refer to it: functions, lines, and what depends on the kernel. Made once, when the
 * program is compiled ahead of time, so that a kernel relocates it (Linux 5.17) and nobody has to read that kernel's types.
 *
 * Slots count in the program's instructions, which hold what the types in `btf` say.
 */
export interface ProgramDescription {
  readonly btf: Uint8Array;
  readonly funcInfo: RecordTable;
  readonly lineInfo: RecordTable | undefined;
  readonly coreRelos: RecordTable | undefined;
}
