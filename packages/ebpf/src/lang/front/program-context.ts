/**
 * What the functions of one program share while they are compiled: the kernel's types, the maps they use, the
 * functions they call.
 * @module
 */
import type { Btf } from "../../btf/btf.ts";
import type { MapSpec } from "../../spec/map-spec.ts";
import type { SourceProgramSpec } from "../../spec/source-program.ts";
import type { IsaVersion } from "../emit/emit.ts";
import type { ProgramFunction } from "../../spec/program-spec.ts";
import type { Capture, SourceFunction } from "../source/source-function.ts";
import type { Operand } from "../ir/operation.ts";
import type { Entity } from "./entity.ts";
import type { Lowering } from "./lowering.ts";

/** What a program is compiled for. */
export interface ProgramTarget {
  /** Types of the kernel; without them nothing that needs one compiles. */
  readonly btf: Btf | undefined;
  readonly isaVersion: IsaVersion;
  /** Kernel version as one number, `major * 1000 + minor`; what is newer is not used. 6.1 is 6001. */
  readonly kernelVersion: number;
  /** Leave what depends on the kernel to CO-RE, instead of folding what is known of this one. */
  readonly portable: boolean;
}

/** A function of the program that others call. */
export interface Subprogram {
  /** Name in the program. */
  readonly name: string;
  /** What its returns give, as far as it was lowered. */
  readonly results: readonly Entity[];
}

/** A function to be lowered as part of the program. */
export interface FunctionToLower {
  readonly source: SourceFunction;
  readonly name: string;
  /** The registers it is given. */
  readonly parameters: ProgramFunction["parameters"];
  /** Collects what its returns give; programs return numbers and have none. */
  readonly results?: Entity[] | undefined;
  /** What a function that is called back returns for what its source returns. */
  readonly finish?: ((lowering: Lowering, result: Operand) => Operand) | undefined;
  /** Gives the parameters of the source their meaning. */
  readonly bind: (lowering: Lowering) => void;
}

/** State shared by the functions of a program. */
export class ProgramContext {
  readonly spec: SourceProgramSpec;
  readonly target: ProgramTarget;
  readonly capture: Capture;
  /** Lowers a function into the program. */
  readonly lower: (given: FunctionToLower) => void;
  /** Maps used so far, by name. */
  readonly maps: Map<string, MapSpec> = new Map();
  /** Functions called so far, by what they are and what they are given. */
  readonly subprograms: Map<string, Subprogram> = new Map();
  /** Functions being lowered: who calls them calls itself. */
  readonly open: Set<unknown> = new Set();
  readonly #identities = new Map<unknown, number>();
  readonly #names = new Set<string>();

  constructor(given: Pick<ProgramContext, "spec" | "target" | "capture" | "lower">) {
    this.spec = given.spec;
    this.target = given.target;
    this.capture = given.capture;
    this.lower = given.lower;
  }

  /** A number that stands for a value of the running program. */
  identityOf(value: unknown): number {
    const known = this.#identities.get(value) ?? this.#identities.size;
    this.#identities.set(value, known);
    return known;
  }

  /** A name for a function that C takes and no other function of the program has. */
  nameFor(wanted: string): string {
    const base = wanted.replaceAll(/[^A-Za-z0-9_]/g, "_").replace(/^(?=\d)/, "_") || "function";
    let name = base;
    for (let count = 2; this.#names.has(name); count++) name = `${base}_${count}`;
    this.#names.add(name);
    return name;
  }
}
