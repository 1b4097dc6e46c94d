/**
 * Specification of programs on pairs of `netkit` interfaces, which connect a container with its machine.
 * @module
 */
import { assertWord } from "../base/arguments.ts";
import { assertOptions, isName } from "../base/checks.ts";
import type { SkbContext } from "./context/socket-buffer.ts";
import { type PlacedProgram, type ProgramCode, programOf } from "./context-program.ts";
import type { NetkitTarget } from "./network-target.ts";
import { programChecks } from "./program-checks.ts";
import { type ProgramOptions } from "./program-spec.ts";

/** Options of {@link netkit}. */
export interface NetkitOptions extends ProgramOptions {
  /** Name of the primary interface of the pair, for both places. Left out: given when attaching. */
  readonly interface?: string;
}

/**
 * A program that decides over each packet that leaves through the primary interface of a pair or through its peer:
 * `NETKIT_PASS` (0), `NETKIT_DROP` (2), `NETKIT_REDIRECT` (7), or -1 to leave it to the next program. Minimum kernel 6.7.
 */
export const netkit: PlacedProgram<"primary" | "peer", SkbContext, NetkitTarget, NetkitOptions> = (
  place: "primary" | "peer",
  code: ProgramCode,
  options: NetkitOptions = {},
) => {
  assertWord(place, ["primary", "peer"], "the place of a netkit program");
  assertOptions(options, { ...programChecks, interface: isName }, "a netkit program");
  const { interface: name, ...rest } = options;
  const target: NetkitTarget = { kind: "netkit", interface: name, place };
  return programOf(
    { type: "sched_cls", target, expectedAttachType: `netkit_${place}`, ...rest },
    code,
  );
};
