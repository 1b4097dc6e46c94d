/**
 * What the checker is given: a program as it goes to the kernel, and the shapes of the maps it uses.
 * @module
 */
import type { AttachType, MapType, ProgramType } from "../../spec/words.ts";

/** A program to check. */
export interface CheckedProgram {
  readonly type: ProgramType;
  readonly expectedAttachType?: AttachType | undefined;
  /** Encoded instructions; maps are named by their index in `maps` (pseudo source 5 and 6 of wide loads). */
  readonly instructions: Uint8Array;
  readonly maps?: readonly CheckedMap[];
  readonly license: string;
  /** Whether the program may sleep. */
  readonly sleepable?: boolean;
  /** Slots at which functions start that are checked by themselves (`BTF_FUNC_GLOBAL`). */
  readonly globalFunctions?: readonly number[];
}

/** The shape of a map. Two uses of one map are the same object. */
export interface CheckedMap {
  readonly name: string;
  readonly type: MapType;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** What programs may do with values; both when left out. */
  readonly programAccess?: "read" | "write" | "both";
  /** Content of a map that is frozen and read-only to programs: what is read from it is known. */
  readonly frozen?: Uint8Array;
  /** Whether values have fields that are the kernel's: locks, timers, pointers. */
  readonly specialFields?: boolean;
}
