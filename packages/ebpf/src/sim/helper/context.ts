/**
 * What helpers work on, and how they read their arguments.
 * @module
 */
import { helperId, type HelperName } from "../../helper/helper-id.ts";
import type { SimulatedIterator } from "../attach/iterator.ts";
import type { PerfEventName } from "../../spec/program-spec.ts";
import type { Core } from "../core.ts";
import type { SimulatedProgram } from "../program.ts";
import type { SegmentHeader } from "./header-options.ts";
import type { Helper, Machine } from "../vm/machine.ts";

/** A setting of the kernel that a process reads, or writes: what programs may change. */
export interface Setting {
  readonly name: string;
  readonly current: string;
  written: string | undefined;
}

/** One run of a program: what its helpers are asked for. */
export interface Invocation {
  readonly program: SimulatedProgram;
  /** What `bpf_get_attach_cookie` gives. */
  readonly cookie: bigint;
  /** Address of the context. */
  readonly context: bigint;
  /** What `bpf_get_func_ip` gives. */
  readonly functionAddress?: bigint | undefined;
  /** Arguments of a traced function, which are in the context; behind them is what it returned. */
  readonly argumentCount?: number;
  /** What `bpf_get_retval` gives and `bpf_set_retval` changes. */
  returnValue: number;
  /** What `bpf_override_return` said. */
  overridden?: bigint;
  /** The perf event that a sample is of. */
  readonly sampled?: PerfEventName;
  /** The setting that a program of a control group decides on. */
  readonly setting?: Setting;
  /** For how many bytes of a message the verdict holds, and how many the program wants to have. */
  applyBytes?: number;
  corkBytes?: number;
  /** Socket or address of one that `bpf_sk_assign` and the like chose. */
  chosen?: bigint;
  /** The header of TCP that socket operations are about. */
  readonly segment?: SegmentHeader;
  /** What an iterator writes to. */
  readonly output?: SimulatedIterator;
}

/** A run of a program that nothing is known of yet. */
export function invocationOf(program: SimulatedProgram, context = 0n): Invocation {
  return { program, context, cookie: 0n, returnValue: 0 };
}

/** A helper with the kernel it belongs to. */
export type ContextHelper = (machine: Machine, kernel: Core) => number | bigint;

/** Helpers by name. */
export type HelperGroup = { readonly [Name in HelperName]?: ContextHelper };

/** The helpers of all groups by number, for a machine. */
export function bindHelpers(groups: readonly HelperGroup[], kernel: Core): Map<number, Helper> {
  const bound = new Map<number, Helper>();
  for (const group of groups) {
    for (const [name, helper] of Object.entries(group)) {
      bound.set(helperId(name), (machine) => helper(machine, kernel));
    }
  }
  return bound;
}

/** Argument `index`, from 1 up, as a number of 32 bits without sign. */
export function u32Of(machine: Machine, index: number): number {
  return machine.halves[2 * index]! >>> 0;
}

/** The same with its sign. */
export function s32Of(machine: Machine, index: number): number {
  return machine.halves[2 * index]!;
}

/** Argument `index` whole, such as an address. */
export function u64Of(machine: Machine, index: number): bigint {
  return machine.registers[index]!;
}

/** The memory that argument `index` points to. */
export function readable(machine: Machine, index: number, length: number): Uint8Array {
  return machine.memory.bytes(u64Of(machine, index), length, "read");
}

/** The same for writing. */
export function writable(machine: Machine, index: number, length: number): Uint8Array {
  return machine.memory.bytes(u64Of(machine, index), length, "write");
}
