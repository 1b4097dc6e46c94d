/**
 * What may be undefined, and what a program knows of that.
 * @module
 */
import type { SourceRange } from "../diagnostics.ts";
import type { Pointer } from "../entity.ts";
import type { Lowering } from "../lowering.ts";

/** Ends in an error when a pointer may be null here. */
export function assertPresent(lowering: Lowering, pointer: Pointer, node: SourceRange): void {
  const { type, binding } = pointer;
  if (!type.nullable || (binding !== undefined && lowering.facts.has(binding))) return;
  const what = binding === undefined ? "this" : `"${binding.name}"`;
  const check = binding === undefined ? "x" : binding.name;
  const hint = `keep it in a constant and check it before: if (!${check}) return;`;
  lowering.fail(node, `${what} may be undefined here`, hint);
}
