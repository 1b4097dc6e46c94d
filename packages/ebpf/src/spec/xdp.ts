/**
 * Specification of XDP programs, which see packets before the kernel does.
 * @module
 */
import type { Instruction } from "../isa/instruction.ts";
import type { KernelResult } from "./context/loose.ts";
import type { XdpContext } from "./context/xdp.ts";
import { type ProgramCode, programOf } from "./context-program.ts";
import type { ProgramOptions, ProgramSpec, XdpMode, XdpTarget } from "./program-spec.ts";
import type { SourceProgramSpec } from "./source-program.ts";

/** Options of {@link xdp}. */
export interface XdpOptions extends ProgramOptions {
  /** Name of the network interface. Left out: given when attaching. */
  readonly interface?: string;
  /** `any` when left out: in the driver where that can, else behind it. */
  readonly mode?: XdpMode;
}

/**
 * A program that decides over each packet that arrives at an interface: `XDP_PASS`, `XDP_DROP`, `XDP_TX`,
 * `XDP_REDIRECT`. Minimum kernel 4.8 (5.9 to attach here).
 */
export function xdp(
  instructions: readonly Instruction[],
  options?: XdpOptions,
): ProgramSpec<XdpTarget>;
export function xdp(
  code: (context: XdpContext) => KernelResult,
  options?: XdpOptions,
): SourceProgramSpec<XdpTarget>;
export function xdp(
  code: ProgramCode,
  { interface: name, mode = "any", ...options }: XdpOptions = {},
): ProgramSpec<XdpTarget> | SourceProgramSpec<XdpTarget> {
  const target: XdpTarget = { kind: "xdp", interface: name, mode };
  return programOf({ type: "xdp", target, expectedAttachType: "xdp", ...options }, code);
}
