/**
 * Specifications of probes on programs and libraries of user space.
 * @module
 */
import { assertOptions, type Checks, isAnything, isName, isWhole } from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import type { Instruction } from "../isa/instruction.ts";
import type { KernelResult } from "./context/loose.ts";
import type { ProbeContext } from "./context/probe.ts";
import { type ProgramCode, programOf } from "./context-program.ts";
import { cookieOf } from "./cookie.ts";
import { assertProcess } from "./process.ts";
import { cookieChecks } from "./program-checks.ts";
import { type ProgramOptions, type ProgramSpec, type UprobeTarget } from "./program-spec.ts";
import type { SourceProgramSpec } from "./source-program.ts";

/** Where a probe goes. */
export interface UprobePlace {
  /**
   * The program or library: a path, or a name without a slash, such as `libc`, `libc.so.6` or `bash`, which is looked for
   * where the system has libraries and programs. With `pid` libraries are those that the process has loaded.
   */
  readonly path: string;
  /** A function in it, `name` or, where there are several versions of it, `name@VERSION`. */
  readonly symbol?: string;
  /** Bytes from the function's start, or without a function from the start of the file. */
  readonly offset?: number;
  /** Only this process; every one when left out. */
  readonly pid?: number;
  /**
   * Bytes from the start of the file to a counter of 16 bits that the kernel keeps above 0 while somebody listens.
   * Minimum kernel 4.20.
   */
  readonly counterOffset?: number;
}

/** Options of {@link uprobe} and {@link uretprobe}. */
export interface UprobeOptions extends ProgramOptions {
  /** What `bpf_get_attach_cookie` gives, to tell attachments apart. Minimum kernel 5.15. */
  readonly cookie?: number | bigint;
}

/**
 * A program that runs when a place in a program or library is reached; its context are the registers.
 * Minimum kernel 4.3.
 * @throws {InvalidArgumentError} when `place` has neither a function nor an offset.
 */
export function uprobe(
  place: UprobePlace,
  instructions: readonly Instruction[],
  options?: UprobeOptions,
): ProgramSpec<UprobeTarget>;
export function uprobe(
  place: UprobePlace,
  code: (context: ProbeContext) => KernelResult,
  options?: UprobeOptions,
): SourceProgramSpec<UprobeTarget>;
export function uprobe(
  place: UprobePlace,
  code: ProgramCode,
  options?: UprobeOptions,
): ProgramSpec<UprobeTarget> | SourceProgramSpec<UprobeTarget> {
  return probe("uprobe", place, code, options);
}

/**
 * A program that runs when a function of a program or library returns; its context are the registers.
 * Minimum kernel 4.3.
 * @throws {InvalidArgumentError} when `place` has neither a function nor an offset.
 */
export function uretprobe(
  place: UprobePlace,
  instructions: readonly Instruction[],
  options?: UprobeOptions,
): ProgramSpec<UprobeTarget>;
export function uretprobe(
  place: UprobePlace,
  code: (context: ProbeContext) => KernelResult,
  options?: UprobeOptions,
): SourceProgramSpec<UprobeTarget>;
export function uretprobe(
  place: UprobePlace,
  code: ProgramCode,
  options?: UprobeOptions,
): ProgramSpec<UprobeTarget> | SourceProgramSpec<UprobeTarget> {
  return probe("uretprobe", place, code, options);
}

function probe(
  kind: UprobeTarget["kind"],
  place: UprobePlace,
  code: ProgramCode,
  options: UprobeOptions = {},
): ProgramSpec<UprobeTarget> & SourceProgramSpec<UprobeTarget> {
  assertOptions(options, cookieChecks, `a ${kind}`);
  const { cookie, ...rest } = options;
  const target = { ...targetOf(kind, place), ...cookieOf(cookie) };
  return programOf({ type: "kprobe", target, ...rest }, code);
}

const placeChecks: Checks<UprobePlace> = {
  path: isName,
  symbol: isName,
  offset: isWhole(),
  pid: isAnything,
  // The kernel keeps 32 bits of it in a probe: see `configOf` of sys/perf/open.ts.
  counterOffset: isWhole({ most: 2 ** 32 - 1 }),
};

function targetOf(kind: UprobeTarget["kind"], place: UprobePlace): UprobeTarget {
  assertOptions(place, placeChecks, `the place of a ${kind}`);
  const { path, symbol, offset, pid, counterOffset } = place;
  isName(path, `the path of a ${kind}`);
  if (symbol === undefined && offset === undefined) {
    throw new InvalidArgumentError(`a probe in ${path} says neither function nor offset`, {
      hint: 'name a function: { path: "/usr/bin/node", symbol: "main" }',
    });
  }
  assertProcess(pid);
  const counter = counterOffset === undefined ? {} : { counterOffset };
  return { kind, path, symbol, offset: offset ?? 0, pid, ...counter };
}
