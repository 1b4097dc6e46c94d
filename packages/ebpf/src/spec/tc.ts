/**
 * Specification of programs that are filters of traffic control, the way of all kernels since 4.5.
 *
 * They hang in a queueing discipline `clsact`, have a priority, and stay when the process ends without closing. Where
 * the kernel has tcx (6.6), `tcx` is the better choice.
 * @module
 */
import { assertWord } from "../base/arguments.ts";
import { assertOptions, type Checks, isAnything, isName, isWord } from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import type { SkbContext } from "./context/socket-buffer.ts";
import { type PlacedProgram, type ProgramCode, programOf } from "./context-program.ts";
import { filterHardware, type TcFilter, type TcTarget } from "./network-target.ts";
import { programChecks } from "./program-checks.ts";
import { type ProgramOptions } from "./program-spec.ts";

/** Options of {@link tc}. */
export interface TcOptions extends ProgramOptions, Omit<TcFilter, "name"> {
  /** Name of the network interface. Left out: given when attaching. */
  readonly interface?: string;
  /**
   * Loads the program for its interface and no other, to run on the card (`hardware` is then `skip_sw`); the interface has to be
   * named for it. Few cards can. Minimum kernel 4.15.
   */
  readonly device?: "offload";
}

/**
 * A program that decides over each packet that comes into (`ingress`) or leaves through (`egress`) an interface, as a filter
 * in its `clsact`: `TC_ACT_OK`, `TC_ACT_SHOT`, `TC_ACT_REDIRECT`, or -1 to leave it to the next filter. Minimum kernel 4.5.
 * @throws {InvalidArgumentError} for a priority or handle the kernel has no room for, or a device without an interface.
 */
export const tc: PlacedProgram<"ingress" | "egress", SkbContext, TcTarget, TcOptions> = (
  direction: "ingress" | "egress",
  code: ProgramCode,
  options: TcOptions = {},
) => {
  assertWord(direction, ["ingress", "egress"], "the direction of a tc program");
  assertOptions(options, checks, "a tc program");
  const { interface: name, device, priority, handle, protocol, result, classId, ...more } = options;
  const { hardware = device && "skip_sw", ...rest } = more;
  const filter: TcFilter = { priority, handle, protocol, result, classId, hardware };
  assertFilter(filter);
  const target: TcTarget = { kind: "tc", interface: name, direction, filter, device };
  assertDevice(target);
  return programOf({ type: "sched_cls", target, ...rest }, code);
};

const checks: Checks<TcOptions> = {
  ...programChecks,
  interface: isName,
  device: isWord(["offload"]),
  // `assertFilter` looks at these.
  priority: isAnything,
  handle: isAnything,
  protocol: isAnything,
  result: isAnything,
  classId: isAnything,
  hardware: isAnything,
};

function assertDevice({ device, interface: name, filter: { hardware } }: TcTarget): void {
  if (device === undefined) return;
  if (name === undefined) {
    throw new InvalidArgumentError("a tc program for offload says no interface", {
      hint: 'it is loaded for one interface: say { interface: "eth0" }',
    });
  }
  if (hardware === "skip_sw") return;
  throw new InvalidArgumentError(
    `a tc program for offload does not run with hardware "${hardware}"`,
    {
      hint: "leave out hardware: the program can run on the card alone",
    },
  );
}

const results: readonly NonNullable<TcFilter["result"]>[] = ["action", "class"];
const largest = { priority: 0xffff, protocol: 0xffff, handle: 0xffff_ffff, classId: 0xffff_ffff };

/** @throws {InvalidArgumentError} when a number has no room where it goes. */
export function assertFilter(filter: TcFilter): void {
  const { result, hardware } = filter;
  if (result !== undefined) assertWord(result, results, "the result of a filter");
  if (hardware !== undefined) assertWord(hardware, filterHardware, "the hardware of a filter");
  for (const [name, most] of Object.entries(largest) as [keyof typeof largest, number][]) {
    const value = filter[name];
    if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= most)) continue;
    throw new InvalidArgumentError(`the ${name} of a filter is ${String(value)}`, {
      hint: `give a whole number from 1 to ${most}, or leave it out`,
    });
  }
}
