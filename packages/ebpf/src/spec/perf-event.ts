/**
 * Specifications of programs that take samples.
 * @module
 */
import { assertWhole, assertWord } from "../base/arguments.ts";
import { assertOptions, type Checks, isAnything, isWhole, isWord } from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import type { Instruction } from "../isa/instruction.ts";
import type { KernelResult } from "./context/loose.ts";
import type { PerfEventContext } from "./context/perf-event.ts";
import { type ProgramCode, programOf } from "./context-program.ts";
import { cookieOf, isCookie } from "./cookie.ts";
import { programChecks } from "./program-checks.ts";
import {
  type PerfEventName,
  type PerfEventTarget,
  type PerfSampling,
  type ProgramOptions,
  type ProgramSpec,
} from "./program-spec.ts";
import { assertProcess } from "./process.ts";
import type { SourceProgramSpec } from "./source-program.ts";

/** Options of {@link perfEvent}. */
export interface PerfEventOptions extends ProgramOptions {
  /** What is counted, on each CPU: `cpu_clock` works everywhere. Left out: given when attaching. */
  readonly event?: PerfEventName;
  /** Samples in a second; 99 when neither this nor `period` is given. */
  readonly frequencyHz?: number;
  /** Events between two samples; for clocks nanoseconds. */
  readonly period?: number;
  /** Only this process; every one when left out. */
  readonly pid?: number;
  /** What `bpf_get_attach_cookie` gives, to tell attachments apart. Minimum kernel 5.15. */
  readonly cookie?: number | bigint;
}

/** Just beside 100, so that samples do not fall in step with timers. */
const usualFrequencyHz = 99;

/**
 * A program that runs once for each sample of an event. Minimum kernel 4.9.
 * @throws {InvalidArgumentError} when both a frequency and a period are given, or one that is not above 0.
 */
export function perfEvent(
  instructions: readonly Instruction[],
  options?: PerfEventOptions,
): ProgramSpec<PerfEventTarget>;
export function perfEvent(
  code: (context: PerfEventContext) => KernelResult,
  options?: PerfEventOptions,
): SourceProgramSpec<PerfEventTarget>;
export function perfEvent(
  code: ProgramCode,
  options: PerfEventOptions = {},
): ProgramSpec<PerfEventTarget> | SourceProgramSpec<PerfEventTarget> {
  assertOptions(options, checks, "a program that takes samples");
  const { event, frequencyHz, period, pid, cookie, ...common } = options;
  assertProcess(pid);
  const target: PerfEventTarget = {
    kind: "perf_event",
    event,
    sampling: samplingOf(frequencyHz, period),
    pid,
    ...cookieOf(cookie),
  };
  return programOf({ type: "perf_event", target, ...common }, code);
}

/** All events. */
const eventSet: { readonly [Name in PerfEventName]: true } = {
  cpu_cycles: true,
  instructions: true,
  cache_references: true,
  cache_misses: true,
  branch_instructions: true,
  branch_misses: true,
  cpu_clock: true,
  task_clock: true,
  page_faults: true,
  context_switches: true,
  cpu_migrations: true,
  page_faults_min: true,
  page_faults_maj: true,
};
const eventNames = Object.keys(eventSet) as PerfEventName[];

const checks: Checks<PerfEventOptions> = {
  ...programChecks,
  event: isWord(eventNames),
  frequencyHz: isWhole({ least: 1 }),
  period: isWhole({ least: 1 }),
  pid: isAnything,
  cookie: isCookie,
};

/** @throws {InvalidArgumentError} when there is no such event, or samples cannot be taken so often. */
export function assertSamples(event: PerfEventName, sampling: PerfSampling): void {
  assertWord(event, eventNames, "the event to sample");
  const given: { readonly period?: unknown; readonly frequencyHz?: unknown } = sampling ?? {};
  const [what, count] =
    "period" in given ? ["the period", given.period] : ["the frequency", given.frequencyHz];
  assertWhole(count, `${what} of samples`, { least: 1 });
}

function samplingOf(frequencyHz: number | undefined, period: number | undefined): PerfSampling {
  if (frequencyHz !== undefined && period !== undefined) {
    throw new InvalidArgumentError("samples are taken by frequency or by period, not both");
  }
  return period === undefined ? { frequencyHz: frequencyHz ?? usualFrequencyHz } : { period };
}
