/**
 * The kernel that programs are written for, as the editor knows it.
 *
 * `ts-ebpf types` writes a file that adds a property to {@link Register}; from then on all types below are those of that kernel.
 * Without one they are those that come with the library: the hooks and structs most programs use. Which of them it is
 * is decided once and over a small interface, because doing so for each struct would cost seconds of every type-check.
 * @module
 */
import type { ShippedKernel } from "./generated/shipped-kernel.ts";
import type { Opaque } from "./value.ts";

/**
 * Where declarations of a kernel are entered:
 *
 * ```ts
 * declare module "ts-ebpf/types" {
 *   interface Register { kernel: MyKernel }
 * }
 * ```
 */
// oxlint-disable-next-line typescript/no-empty-interface, typescript/no-empty-object-type -- the project fills it.
export interface Register {}

/** What declarations of a kernel hold. */
export interface KernelDeclarations {
  /** Structs and unions by name, and typedefs of those without one. */
  readonly types: object;
  /** Functions of programs on BTF tracepoints, by the name of the tracepoint. */
  readonly tracepoints: object;
  /** Records of tracepoints attached by category and name, by the name alone. */
  readonly records: object;
  /** Functions of LSM programs, by hook. */
  readonly lsmHooks: object;
  /** Contexts of iterator programs, by what they iterate over. */
  readonly iterators: object;
  /** Functions of programs at the entry of kernel functions, by name: only of those the project names. */
  readonly functionEntries: object;
  /** Functions of programs at the exit of kernel functions; the last argument is what the function returns. */
  readonly functionExits: object;
  /** Functions of the kernel that programs may call. */
  readonly kfuncs: object;
  /** Enumerators and their values. */
  readonly enums: object;
  /** Contexts by the type of the program. */
  readonly contexts: object;
}

/** The kernel in use: the project's, or the library's own part of one. */
export type Kernel = Register extends { readonly kernel: infer Declared }
  ? Declared
  : ShippedKernel;

/** Whether the project has declarations of its own kernel. */
export type HasGeneratedTypes = Register extends { readonly kernel: unknown } ? true : false;

/** Structs and unions by name: `KernelTypes["task_struct"]`. */
export type KernelTypes = Kernel["types"];
/** A struct or union by name, known by its name alone where it is not declared. */
export type KernelType<Name extends string> = Name extends keyof KernelTypes
  ? KernelTypes[Name]
  : Opaque<Name>;
/** What a program on a BTF tracepoint is: `BtfTracepoints["sched_process_exec"]` is a type of function. */
export type BtfTracepoints = Kernel["tracepoints"];
/** What lies at the context of a tracepoint: `TracepointRecords["sched_switch"]`. */
export type TracepointRecords = Kernel["records"];
/** What an LSM program is, by hook: `LsmHooks["file_open"]`. The last argument is what was decided before. */
export type LsmHooks = Kernel["lsmHooks"];
/** The context of an iterator program: `IteratorRecords["task"]`. */
export type IteratorRecords = Kernel["iterators"];
/** What a program at the entry of a kernel function is, by the function: `KernelFunctions["vfs_read"]`. */
export type KernelFunctions = Kernel["functionEntries"];
/** What a program at the exit of a kernel function is: the last argument is what the function returns. */
export type KernelFunctionExits = Kernel["functionExits"];
/** Kernel functions to be called, by name. */
export type Kfuncs = Kernel["kfuncs"];
/** Enumerators: `KernelEnums["TCP_ESTABLISHED"]` is `1`. */
export type KernelEnums = Kernel["enums"];
/** Contexts by program type: `ProgramContexts["xdp"]`. */
export type ProgramContexts = Kernel["contexts"];

/**
 * The record of a tracepoint named by category and name, as in `syscalls/sys_enter_openat`; `any` where it is not
 * known which it is.
 */
export type TracepointRecord<Event extends string> = Event extends `syscalls/sys_enter_${string}`
  ? Record<"sys_enter">
  : Event extends `syscalls/sys_exit_${string}`
    ? Record<"sys_exit">
    : Event extends `${string}/${infer Name}`
      ? Record<Name>
      : never;

/** What class a tracepoint is of is not always known here; the compiler knows the record, and checks its fields. */
type Record<Name extends string> = Name extends keyof TracepointRecords
  ? TracepointRecords[Name]
  : Undeclared;

// oxlint-disable-next-line typescript/no-explicit-any -- every field may be asked for
type Undeclared = any;
