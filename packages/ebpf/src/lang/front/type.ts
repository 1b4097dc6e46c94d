/**
 * What lies in memory, as the compiler sees it: the types of map values, events, stack structs and kernel structs.
 *
 * Layouts and BTF both become these types, so that everything behind them (loads, stores, member chains) is written
 * once. A struct of the kernel decodes its members when they are asked for. Values in registers have types of their
 * own, see `entity.ts`.
 * @module
 */
import type { ByteOrder, Layout } from "../../layout/layout.ts";

/** The type of a place in memory. */
export type MemoryType =
  | IntegerType
  | BoolType
  | TextType
  | ArrayType
  | StructType
  | PointerType
  | OpaqueType;

/** What every type says of itself. */
interface Sized {
  /** As in messages: `u32`, `struct task_struct`. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Bytes, a power of two. */
  readonly alignment: number;
  /** The layout it comes from; types of BTF have none. */
  readonly layout?: Layout<unknown> | undefined;
}

/** An integer. */
export interface IntegerType extends Sized {
  readonly kind: "integer";
  readonly bits: 8 | 16 | 32 | 64;
  readonly signed: boolean;
  readonly order: ByteOrder;
  /** What it is in TypeScript. Integers of 64 bits are bigints, but those of layout `u53`. */
  readonly value: "number" | "bigint";
}

/** C's `bool`, one byte. */
export interface BoolType extends Sized {
  readonly kind: "bool";
}

/** An array of `char`: a string in TypeScript. */
export interface TextType extends Sized {
  readonly kind: "text";
}

/** An array. Length 0 is a flexible one at the end of a struct. */
export interface ArrayType extends Sized {
  readonly kind: "array";
  readonly element: MemoryType;
  readonly length: number;
}

/** A struct or union. */
export interface StructType extends Sized {
  readonly kind: "struct";
  /** The field called `name`, those of unnamed structs within included. */
  readonly field: (name: string) => MemoryField | undefined;
  /** Names of all fields, for messages and for initialisers. */
  readonly fieldNames: () => readonly string[];
  /** Name of the kernel type that CO-RE relocations count from; structs of layouts and unnamed ones have none. */
  readonly kernelName?: string | undefined;
}

/** A field of a struct. */
export interface MemoryField {
  readonly type: MemoryType;
  /** Bytes from the start of the struct. */
  readonly offset: number;
  /** Only some bits of the integer at `offset`. */
  readonly bitField?: BitField | undefined;
}

/** Bits of an integer: `shift` from its low end, `bits` of them. */
export interface BitField {
  readonly shift: number;
  readonly bits: number;
}

/** A pointer in memory. */
export interface PointerType extends Sized {
  readonly kind: "pointer";
  /** What it points to; decoded when it is asked for, as kernel types refer to each other in circles. */
  readonly target: () => MemoryType;
  /** What BTF says of where it points to. */
  readonly space: "kernel" | "user" | "percpu";
}

/** Memory whose inside nobody may look at: `void`, functions, floats, undefined structs. */
export interface OpaqueType extends Sized {
  readonly kind: "opaque";
}

/** Whether values of the type fit a register. */
export function isScalarType(type: MemoryType): type is IntegerType | BoolType | PointerType {
  return type.kind === "integer" || type.kind === "bool" || type.kind === "pointer";
}

/** `void`, what a pointer without a known target points to. */
export const voidType: OpaqueType = Object.freeze({
  kind: "opaque",
  name: "void",
  size: 0,
  alignment: 1,
});
