/**
 * Programs written in TypeScript, before they are compiled.
 *
 * What such a program becomes depends on the kernel it is loaded into, so it is compiled when it is loaded, or by the
 * command `ts-ebpf build`; until then it is the function itself and where it belongs.
 * @module
 */
import { assertProgramOptions, type AttachTarget, type ProgramOptions } from "./program-spec.ts";
import type { AttachType, ProgramFlag, ProgramType } from "./words.ts";

/** A function of TypeScript marked "use bpf". */
export type SourceCode = (...given: never[]) => unknown;

/** A program whose code is a function. */
export interface SourceProgramSpec<Target extends AttachTarget = AttachTarget> {
  readonly kind: "source-program";
  readonly type: ProgramType;
  /** As for a program; empty: the collection gives its own name for it. */
  readonly name: string;
  readonly code: SourceCode;
  readonly license: string;
  readonly flags: readonly ProgramFlag[];
  readonly expectedAttachType: AttachType | undefined;
  readonly target: Target;
}

/** What {@link sourceProgram} is given. */
export interface SourceProgramOptions<Target extends AttachTarget> extends ProgramOptions {
  readonly type: ProgramType;
  readonly target: Target;
  readonly expectedAttachType?: AttachType;
}

/** A frozen specification with the defaults filled in. */
export function sourceProgram<const Target extends AttachTarget>(
  given: SourceProgramOptions<Target>,
  code: SourceCode,
): SourceProgramSpec<Target> {
  assertProgramOptions(given);
  return Object.freeze({
    kind: "source-program",
    type: given.type,
    name: given.name ?? "",
    code,
    license: given.license ?? "GPL",
    flags: given.flags ?? [],
    expectedAttachType: given.expectedAttachType,
    target: given.target,
  });
}
