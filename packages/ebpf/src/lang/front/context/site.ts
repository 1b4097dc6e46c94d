/**
 * What the rules for parameters of programs work on.
 * @module
 */
import type { Value } from "../../ir/operation.ts";
import type { Entity, Pointer, Region } from "../entity.ts";
import type { Lowering } from "../lowering.ts";
import type { MemoryType } from "../type.ts";

/** What a rule knows. */
export interface ContextSite<Target> {
  readonly lowering: Lowering;
  readonly target: Target;
  /** The register the program starts with. */
  readonly context: Value;
}

/** What a parameter is, made when the function names it. */
export type Parameter = () => Entity;

/** The context, as a reference to its struct. */
export function contextPointer(operand: Value, target: MemoryType, region: Region): Pointer {
  return { kind: "pointer", type: { target, region, nullable: false }, operand };
}
