/**
 * What the checker is given: a program as it goes to the kernel, and the shapes of the maps it uses.
 * @module
 */
import type { Btf } from "../../btf/btf.ts";
import type { AttachType, MapFlag, MapType, ProgramFlag, ProgramType } from "../../spec/words.ts";

/** A program to check. */
export interface CheckedProgram {
  readonly type: ProgramType;
  readonly expectedAttachType?: AttachType | undefined;
  /** Encoded instructions; maps are named by their index in `maps` (pseudo source 5 and 6 of wide loads). */
  readonly instructions: Uint8Array;
  readonly maps?: readonly CheckedMap[];
  readonly license: string;
  readonly flags?: readonly ProgramFlag[];
  /** Types of the kernel it is for. Without them, what needs one is left undecided. */
  readonly kernelTypes?: Btf | undefined;
  /** Function or type of the kernel that it is made for, in `kernelTypes`. */
  readonly attachBtfId?: number | undefined;
  /** Whether it is made for a function of another program. */
  readonly onProgram?: boolean | undefined;
  /** Number of the member of its struct, for structs of functions. */
  readonly structOpsMember?: number | undefined;
  /** Its own types, to which `functions` refer. */
  readonly types?: Btf | undefined;
  /** The functions it has, in order. */
  readonly functions?: readonly CheckedFunction[];
  /** How many CPUs the kernel counts; 8192 when left out, the most there can be. */
  readonly cpus?: number | undefined;
  /** Lines of source, in order of their slots. */
  readonly lines?: readonly CheckedLine[];
}

/** A function of a program. */
export interface CheckedFunction {
  /** Slot of its first instruction. */
  readonly slot: number;
  /** Its type among the program's. */
  readonly type: number;
}

/** Where a line of source begins. */
export interface CheckedLine {
  readonly slot: number;
  readonly file: string;
  /** From 1 up. */
  readonly line: number;
  readonly text: string;
}

/** The shape of a map. Two uses of one map are the same object. */
export interface CheckedMap {
  readonly name: string;
  readonly type: MapType;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags?: readonly MapFlag[];
  /** Content of a map that is frozen and read-only to programs: what is read from it is known. */
  readonly frozen?: Uint8Array | undefined;
  /** What maps in this one are like. */
  readonly inner?: CheckedMap | undefined;
  /** Types that describe its values. */
  readonly types?: Btf | undefined;
  readonly valueType?: number | undefined;
}
