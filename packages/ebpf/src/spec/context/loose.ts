/**
 * Types for what no declarations were generated for.
 *
 * Kernel types are those of the running kernel, so their declarations are generated (`ts-ebpf types`); without them
 * programs are checked by the compiler alone.
 * @module
 */

import type { HasGeneratedTypes } from "../../types/register.ts";

/** A pointer into the kernel whose type is not declared: every field may be asked for, the compiler checks it. */
// oxlint-disable-next-line typescript/no-explicit-any -- whatever the kernel's BTF says
export type KernelPointer = any;

/** What a kernel program may return. Nothing is 0. */
export type KernelResult = number | boolean | void;

/** A kernel program whose parameters are not declared. */
export type KernelFunction = (...given: KernelPointer[]) => KernelResult;

/** The names a table of declarations has; any other one too while the tables are not those of the project's kernel. */
export type NameIn<Table> =
  | (keyof Table & string)
  | (HasGeneratedTypes extends true ? never : string & {});

/** The function that a table declares under a name; any function for names it does not have. */
export type FunctionIn<Table, Name> = Name extends keyof Table
  ? Extract<Table[Name], (...given: never[]) => unknown>
  : KernelFunction;

/** The type that a table declares under a name; anything for names it does not have. */
export type TypeIn<Table, Name> = Name extends keyof Table ? Table[Name] : KernelPointer;
