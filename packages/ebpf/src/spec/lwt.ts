/**
 * Specification of programs that are part of a route: light-weight tunnels.
 * @module
 */
import { assertWord } from "../base/arguments.ts";
import { assertOptions, isObject } from "../base/checks.ts";
import type { SkbContext } from "./context/socket-buffer.ts";
import { type PlacedProgram, type ProgramCode, programOf } from "./context-program.ts";
import type { LwtRoute, LwtTarget, LwtTime } from "./network-target.ts";
import { programChecks } from "./program-checks.ts";
import { type ProgramOptions } from "./program-spec.ts";

/** Options of {@link lwt}. */
export interface LwtOptions extends ProgramOptions {
  /** The route, which is added when the program is attached and removed with it. Left out: given when attaching. */
  readonly route?: LwtRoute;
}

/**
 * A program on the packets of a route: `BPF_OK` (0), `BPF_DROP` (2), `BPF_REDIRECT` (7, only `xmit`) or
 * `BPF_LWT_REROUTE` (128, after changing where a packet goes). Minimum kernel 4.10; `seg6local` 4.18.
 */
export const lwt: PlacedProgram<LwtTime, SkbContext, LwtTarget, LwtOptions> = (
  when: LwtTime,
  code: ProgramCode,
  options: LwtOptions = {},
) => {
  assertWord(when, times, "when a program of a route runs");
  assertOptions(options, { ...programChecks, route: isObject }, "a program of a route");
  const { route, ...rest } = options;
  const target: LwtTarget = { kind: "lwt", when, route };
  return programOf({ type: `lwt_${when}`, target, ...rest }, code);
};

const times: readonly LwtTime[] = ["in", "out", "xmit", "seg6local"];
