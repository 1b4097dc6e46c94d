/**
 * Specifications of programs on tracepoints, in the kernel's three ways.
 *
 * The same event can be seen as a formatted record (`tracepoint`), as the raw arguments of the trace call
 * (`rawTracepoint`), or as arguments whose kernel types the verifier knows (`tpBtf`).
 * @module
 */
import { assertOptions, isName } from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import type { Instruction } from "../isa/instruction.ts";
import type { FunctionIn, KernelResult, NameIn } from "./context/loose.ts";
import type { BtfTracepoints, TracepointRecord } from "./context/tracing.ts";
import { type ProgramCode, programOf } from "./context-program.ts";
import { cookieOf } from "./cookie.ts";
import { cookieChecks, programChecks } from "./program-checks.ts";
import {
  type ProgramOptions,
  type ProgramSpec,
  type RawTracepointTarget,
  type TpBtfTarget,
  type TracepointTarget,
} from "./program-spec.ts";
import type { SourceProgramSpec } from "./source-program.ts";

/** Options of {@link tracepoint}, {@link rawTracepoint} and {@link tpBtf}. */
export interface TracepointOptions extends ProgramOptions {
  /**
   * What `bpf_get_attach_cookie` gives, to tell attachments apart. Minimum kernel 5.15, for raw and BTF tracepoints 6.10.
   */
  readonly cookie?: number | bigint;
}

/**
 * A program on a tracepoint such as `sched/sched_process_exec`; its context is the record that the tracepoint's
 * `format` file describes. Attaching needs tracefs. Minimum kernel 4.7.
 * @throws {InvalidArgumentError} when `event` is not of the form `category/name`.
 */
export function tracepoint(
  event: string,
  instructions: readonly Instruction[],
  options?: TracepointOptions,
): ProgramSpec<TracepointTarget>;
export function tracepoint<Event extends string>(
  event: Event,
  code: (record: TracepointRecord<Event>) => KernelResult,
  options?: TracepointOptions,
): SourceProgramSpec<TracepointTarget>;
export function tracepoint(
  event: string,
  code: ProgramCode,
  options: TracepointOptions = {},
): ProgramSpec<TracepointTarget> | SourceProgramSpec<TracepointTarget> {
  isName(event, "a tracepoint");
  assertOptions(options, cookieChecks, "a program on a tracepoint");
  const { cookie, ...rest } = options;
  const [category, name, ...more] = event.split("/");
  if (category === undefined || category === "" || !name || more.length > 0) {
    throw new InvalidArgumentError(`"${event}" does not name a tracepoint`, {
      hint: "write category/name, such as sched/sched_process_exec",
    });
  }
  const target = { kind: "tracepoint", category, name, ...cookieOf(cookie) } as const;
  return programOf({ type: "tracepoint", target, ...rest }, code);
}

/** The arguments of a trace call as the kernel passes them on: `struct bpf_raw_tracepoint_args`. */
export interface RawTracepointContext {
  readonly args: readonly bigint[];
}

/**
 * A program on a raw tracepoint such as `sched_process_exec`; its context is the array of the trace call's
 * arguments, 8 bytes each. Needs no tracefs. Minimum kernel 4.17.
 */
export function rawTracepoint(
  name: string,
  instructions: readonly Instruction[],
  options?: TracepointOptions,
): ProgramSpec<RawTracepointTarget>;
export function rawTracepoint(
  name: string,
  code: (context: RawTracepointContext) => KernelResult,
  options?: TracepointOptions,
): SourceProgramSpec<RawTracepointTarget>;
export function rawTracepoint(
  name: string,
  code: ProgramCode,
  options: TracepointOptions = {},
): ProgramSpec<RawTracepointTarget> | SourceProgramSpec<RawTracepointTarget> {
  isName(name, "a raw tracepoint");
  assertOptions(options, cookieChecks, "a program on a raw tracepoint");
  const { cookie, ...rest } = options;
  const target = { kind: "raw_tracepoint", name, ...cookieOf(cookie) } as const;
  return programOf({ type: "raw_tracepoint", target, ...rest }, code);
}

/**
 * A program on a raw tracepoint some of whose data programs may change: one of its arguments points to that, and the
 * program writes through it. Such tracepoints are few (`bpf_test_finish`, those of nbd). Minimum kernel 5.2.
 */
export function rawTracepointWritable(
  name: string,
  instructions: readonly Instruction[],
  options: ProgramOptions = {},
): ProgramSpec<RawTracepointTarget> {
  isName(name, "a raw tracepoint");
  assertOptions(options, programChecks, "a program on a raw tracepoint");
  const target = { kind: "raw_tracepoint", name } as const;
  return programOf({ type: "raw_tracepoint_writable", target, ...options }, instructions);
}

/**
 * A program on a BTF tracepoint such as `sched_process_exec`: like a raw one, but the verifier knows the types of
 * the arguments, so that the program follows kernel pointers with plain loads. Needs kernel BTF. Minimum kernel 5.5.
 */
export function tpBtf(
  name: string,
  instructions: readonly Instruction[],
  options?: TracepointOptions,
): ProgramSpec<TpBtfTarget>;
export function tpBtf<Name extends NameIn<BtfTracepoints>>(
  name: Name,
  code: FunctionIn<BtfTracepoints, Name>,
  options?: TracepointOptions,
): SourceProgramSpec<TpBtfTarget>;
export function tpBtf(
  name: string,
  code: ProgramCode,
  options: TracepointOptions = {},
): ProgramSpec<TpBtfTarget> | SourceProgramSpec<TpBtfTarget> {
  isName(name, "a BTF tracepoint");
  assertOptions(options, cookieChecks, "a program on a BTF tracepoint");
  const { cookie, ...rest } = options;
  const target: TpBtfTarget = { kind: "tp_btf", name, ...cookieOf(cookie) };
  const expectedAttachType = "trace_raw_tp";
  return programOf({ type: "tracing", target, expectedAttachType, ...rest }, code);
}
