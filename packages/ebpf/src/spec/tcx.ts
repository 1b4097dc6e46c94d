/**
 * Specification of programs on the packets of an interface, in the traffic control layer.
 * @module
 */
import { assertWord } from "../base/arguments.ts";
import { assertOptions, type Checks, isName, isWord } from "../base/checks.ts";
import type { Instruction } from "../isa/instruction.ts";
import type { KernelResult } from "./context/loose.ts";
import type { SkbContext } from "./context/socket-buffer.ts";
import { type ProgramCode, programOf } from "./context-program.ts";
import { programChecks } from "./program-checks.ts";
import {
  type ProgramOptions,
  type ProgramSpec,
  type TcxTarget,
  type TcxWay,
  tcxWays,
} from "./program-spec.ts";
import type { SourceProgramSpec } from "./source-program.ts";

/** Options of {@link tcx}. */
export interface TcxOptions extends ProgramOptions {
  /** Name of the network interface. Left out: given when attaching. */
  readonly interface?: string;
  /**
   * `tcx`, or a filter in `clsact` as before Linux 6.6. Left out: tcx where the kernel has it, else `clsact`; the kind of the
   * link tells which.
   */
  readonly way?: TcxWay;
}

/**
 * A program that decides over each packet that comes into (`ingress`) or leaves through (`egress`) an interface:
 * `TC_ACT_OK`, `TC_ACT_SHOT`, `TC_ACT_REDIRECT`, or -1 to leave it to the next program. Minimum kernel 6.6;
 * older ones run it as a filter of traffic control, see {@link TcxOptions.way}.
 */
export function tcx(
  direction: "ingress" | "egress",
  instructions: readonly Instruction[],
  options?: TcxOptions,
): ProgramSpec<TcxTarget>;
export function tcx(
  direction: "ingress" | "egress",
  code: (context: SkbContext) => KernelResult,
  options?: TcxOptions,
): SourceProgramSpec<TcxTarget>;
export function tcx(
  direction: "ingress" | "egress",
  code: ProgramCode,
  options: TcxOptions = {},
): ProgramSpec<TcxTarget> | SourceProgramSpec<TcxTarget> {
  assertWord(direction, ["ingress", "egress"], "the direction of a tcx program");
  assertOptions(options, checks, "a tcx program");
  const { interface: name, way, ...rest } = options;
  const chosen = way === undefined ? {} : { way };
  const target: TcxTarget = { kind: "tcx", interface: name, direction, ...chosen };
  return programOf(
    { type: "sched_cls", target, expectedAttachType: `tcx_${direction}`, ...rest },
    code,
  );
}

const checks: Checks<TcxOptions> = { ...programChecks, interface: isName, way: isWord(tcxWays) };
