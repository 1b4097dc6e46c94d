/**
 * Runs the passes until none finds anything left to do.
 * @module
 */
import type { IrFunction } from "../ir/function.ts";
import { verifyFunction } from "../ir/verify.ts";
import { foldAddresses } from "./addresses.ts";
import { mergeBlocks, mergeReturns, skipEmptyBlocks } from "./blocks.ts";
import { shareCommon } from "./common.ts";
import { removeDeadCode } from "./dead-code.ts";
import { narrowDivisions } from "./divisions.ts";
import { foldConstants } from "./fold.ts";
import { removeExtensions } from "./known-bits.ts";
import { removeImplied } from "./implied.ts";
import { narrowReads } from "./narrow.ts";
import { removeTrivialParameters } from "./parameters.ts";
import { removeUnreachable } from "./reachable.ts";
import { reduceStrength } from "./strength.ts";
import type { PassTarget } from "./target.ts";
import { threadJumps } from "./threading.ts";

/** A pass changes a function in place and says whether it changed anything. */
export interface Pass {
  readonly name: string;
  readonly run: (fn: IrFunction, target: PassTarget) => boolean;
}

/** All passes, in the order in which they are run. */
export const allPasses: readonly Pass[] = [
  { name: "unreachable", run: removeUnreachable },
  { name: "parameters", run: removeTrivialParameters },
  { name: "fold", run: foldConstants },
  { name: "strength", run: reduceStrength },
  { name: "addresses", run: foldAddresses },
  { name: "known-bits", run: removeExtensions },
  { name: "divisions", run: narrowDivisions },
  { name: "narrow", run: narrowReads },
  { name: "common", run: shareCommon },
  { name: "dead-code", run: removeDeadCode },
  { name: "implied", run: removeImplied },
  { name: "threading", run: threadJumps },
  { name: "empty-blocks", run: skipEmptyBlocks },
  { name: "merge-blocks", run: mergeBlocks },
  { name: "returns", run: mergeReturns },
];

/**
 * Rounds after which it is enough. A loop that never ends and does nothing can be led around itself for ever; every
 * round leaves a correct function.
 */
const maxRounds = 50;

/** How to run passes. */
export interface RunPassesOptions {
  /** All when left out. */
  readonly passes?: readonly Pass[];
  /** Verify the function after every pass; for tests. */
  readonly debug?: boolean;
  /** Version of the instruction set; 3 when left out. */
  readonly isaVersion?: PassTarget["isaVersion"];
}

/** Improves `fn` until nothing changes any more. */
export function runPasses(fn: IrFunction, options: RunPassesOptions = {}): void {
  const { passes = allPasses, debug = false, isaVersion = 3 } = options;
  for (let round = 0; round < maxRounds; round++) {
    let changed = false;
    for (const pass of passes) {
      if (!pass.run(fn, { isaVersion })) continue;
      changed = true;
      if (debug) verifyFunction(fn, pass.name);
    }
    if (!changed) return;
  }
}
