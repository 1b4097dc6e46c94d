/**
 * Program specifications: what a program is and where it belongs, as frozen plain data.
 *
 * The instructions still name maps by their names; they are numbered when a collection is loaded. Where a program
 * attaches is part of its spec, as a target that a folder of `link` knows how to serve.
 * @module
 */
import type { Instruction } from "../isa/instruction.ts";
import type { CoreRelocationSite } from "./core-relocation.ts";
import type { AttachType, ProgramFlag, ProgramType } from "./words.ts";

/** What a program shall be. */
export interface ProgramSpec<Target extends AttachTarget = AttachTarget> {
  readonly kind: "program";
  readonly type: ProgramType;
  /** Name for people; the kernel keeps the first 15 characters. Empty: the collection gives its own name for it. */
  readonly name: string;
  readonly instructions: readonly Instruction[];
  /** Licence. Many helpers are only for programs that say "GPL" or a licence compatible with it. */
  readonly license: string;
  readonly flags: readonly ProgramFlag[];
  readonly expectedAttachType: AttachType | undefined;
  readonly target: Target;
  /** The functions the instructions belong to, the main one first. Compilers say them; others leave it out. */
  readonly functions?: readonly ProgramFunction[];
  /** What depends on the kernel. */
  readonly relocations?: readonly CoreRelocationSite[];
}

/** One function of a program. */
export interface ProgramFunction {
  readonly name: string;
  /** Index in the program's instructions of its first one. */
  readonly index: number;
  /** Names of its parameters, and what they are to the verifier. */
  readonly parameters: readonly { readonly name: string; readonly type: "u64" | "pointer" }[];
}

/** Where a program attaches; `none` for programs that are only run, or attached by hand. */
export type AttachTarget =
  | { readonly kind: "none" }
  | { readonly kind: "tracepoint"; readonly category: string; readonly name: string }
  | { readonly kind: "raw_tracepoint"; readonly name: string }
  | { readonly kind: "tp_btf"; readonly name: string };

/** Options every program has. */
export interface ProgramOptions {
  readonly name?: string;
  /** "GPL" when left out. */
  readonly license?: string;
  readonly flags?: readonly ProgramFlag[];
}

/** Options of {@link program}. */
export interface AnyProgramOptions extends ProgramOptions {
  readonly expectedAttachType?: AttachType;
}

/** A program of any type, attached to nothing: for test runs, and for types the library has no function for. */
export function program(
  type: ProgramType,
  instructions: readonly Instruction[],
  options: AnyProgramOptions = {},
): ProgramSpec<{ readonly kind: "none" }> {
  return programSpec({ type, target: { kind: "none" }, ...options }, instructions);
}

/** A frozen specification with the defaults filled in. The functions for each family are made of it. */
export function programSpec<const Target extends AttachTarget>(
  given: AnyProgramOptions & { readonly type: ProgramType; readonly target: Target },
  instructions: readonly Instruction[],
): ProgramSpec<Target> {
  return Object.freeze({
    kind: "program",
    type: given.type,
    name: given.name ?? "",
    instructions,
    license: given.license ?? "GPL",
    flags: given.flags ?? [],
    expectedAttachType: given.expectedAttachType,
    target: given.target,
  });
}
