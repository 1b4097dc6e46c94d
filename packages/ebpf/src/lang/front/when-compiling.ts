/**
 * What JavaScript itself gives for values that are known.
 * @module
 */
import { BpfError } from "../../base/errors.ts";
import type { SourceRange } from "./diagnostics.ts";
import type { Lowering } from "./lowering.ts";

/** What `compute` gives; what it throws is an error of the program at `node`. */
export function whenCompiling<Result>(
  lowering: Lowering,
  node: SourceRange,
  compute: () => Result,
): Result {
  try {
    return compute();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const hint = error instanceof BpfError ? error.hint : undefined;
    return lowering.fail(node, message, hint ?? "it is computed when the program is compiled");
  }
}
