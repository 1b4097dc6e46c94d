/**
 * What the generated program has declared where the generator stands.
 * @module
 */
import type { Layout } from "../../../layout/layout.ts";

/** A number: as text, and the largest magnitude it can have. */
export interface NumberText {
  readonly text: string;
  readonly max: number;
}

/** A variable that holds a number. */
export interface NumberName extends NumberText {
  readonly assignable: boolean;
}

/** A variable that holds a bigint. */
export interface BigintName {
  readonly text: string;
  readonly signed: boolean;
  readonly assignable: boolean;
}

/** A variable that holds a boolean. */
export interface BooleanName {
  readonly text: string;
  readonly assignable: boolean;
}

/** Something in memory that can be read and written. */
export interface PlaceName {
  readonly text: string;
  readonly layout: Layout<unknown>;
  /** Not on the stack: atomic operations work there. */
  readonly shared: boolean;
  /** What atomic operations are given, and the name of the field. */
  readonly owner?: { readonly text: string; readonly field: string } | undefined;
  /** Whether it is behind an index that is not constant. */
  readonly indexed?: boolean;
}

/** What a parameter of a generated function takes. */
export type ParameterKind = "number" | "u64" | "s64" | "boolean" | "small" | "inner";

/** A generated function that can be called. */
export interface FunctionName {
  readonly name: string;
  readonly parameters: readonly ParameterKind[];
  readonly result: "number" | "u64" | "s64" | "boolean";
}

/** All that is in scope. */
export class Names {
  numbers: NumberName[] = [];
  bigints: BigintName[] = [];
  booleans: BooleanName[] = [];
  places: PlaceName[] = [];
  functions: FunctionName[] = [];

  /** Runs `make` with declarations that end with it. */
  within<Made>(make: () => Made): Made {
    const { numbers, bigints, booleans, places } = this;
    const copies = { numbers: [...numbers], bigints: [...bigints] };
    Object.assign(this, { ...copies, booleans: [...booleans], places: [...places] });
    const made = make();
    Object.assign(this, { numbers, bigints, booleans, places });
    return made;
  }
}
