/**
 * The back end in one call: from the intermediate representation to instructions.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import type { IrFunction } from "../ir/function.ts";
import { verifyFunction } from "../ir/verify.ts";
import { legalizeWidths } from "../passes/legalize.ts";
import { removeUnreachable } from "../passes/reachable.ts";
import { runPasses } from "../passes/run.ts";
import { allocateRegisters } from "../registers/allocate.ts";
import { selectInstructions } from "../registers/select.ts";
import { emitFunction, type EmittedFunction, type IsaVersion } from "./emit.ts";
import { stackBytes } from "./frame.ts";

/** How to compile. */
export interface CompileFunctionOptions {
  /** 3 when left out. */
  readonly isaVersion?: IsaVersion;
  /** `none` compiles what is written, for tests and for looking at; `full` when left out. */
  readonly optimize?: "none" | "full";
  /** Verify the function between passes; for tests. */
  readonly debug?: boolean;
}

/**
 * Instructions for `fn`, which is changed on the way.
 * @throws {InvalidArgumentError} when it needs more stack than the kernel gives.
 */
export function compileFunction(
  fn: IrFunction,
  options: CompileFunctionOptions = {},
): EmittedFunction {
  const { isaVersion = 3, optimize = "full", debug = false } = options;
  removeUnreachable(fn);
  if (debug) verifyFunction(fn);
  if (optimize === "full") runPasses(fn, { debug, isaVersion });
  if (isaVersion < 3 && legalizeWidths(fn)) {
    if (debug) verifyFunction(fn, "legalizing");
    if (optimize === "full") runPasses(fn, { debug, isaVersion });
  }
  const machine = selectInstructions(fn);
  allocateRegisters(machine);
  const emitted = emitFunction(machine, isaVersion);
  if (emitted.stackBytes > stackBytes) {
    throw new InvalidArgumentError(
      `${fn.name} needs ${emitted.stackBytes} bytes of stack, and a function gets ${stackBytes}`,
      { hint: "keep large values in a map, for instance a per-CPU array of one element" },
    );
  }
  return emitted;
}
