/**
 * What helpers are given.
 * @module
 */
import type { KernelPointer } from "../../spec/context/loose.ts";
import type { KernelTypes } from "../../types/register.ts";

/** A struct of the kernel by name; anything when it is not declared. */
export type KernelObject<Name extends string> = Name extends keyof KernelTypes
  ? KernelTypes[Name]
  : KernelPointer;

/** An address that is not followed but read from: a number, a pointer of the kernel, an object in memory. */
export type Address = bigint | object;

/** Memory that a helper reads: a struct, bytes, or the object of a map value. */
export type HelperMemory = object;

/** A function of the program that a helper calls. */
// oxlint-disable-next-line typescript/no-explicit-any -- its parameters depend on the helper
export type HelperCallback = (...given: any[]) => number | boolean | void;
