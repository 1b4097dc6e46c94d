/**
 * Attaching programs to the packets of an interface in the traffic control layer, by tcx and netkit.
 *
 * Both keep an ordered list of programs at each place. Kernels before 6.6 have no tcx; there a program for it becomes a
 * filter in `clsact`, which the kind of the link tells.
 * @module
 */
import { assertWord } from "../base/arguments.ts";
import { assertOptions, type Checks, isAnything, isObject, isWord } from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import type { Anchor } from "../kernel/commands.ts";
import { isNotSupported } from "../kernel/errors.ts";
import { interfaceIndexOf } from "../kernel/interface-index.ts";
import { assertProgram, type Program } from "../program/program.ts";
import { type TcxWay, tcxWays } from "../spec/program-spec.ts";
import type { AttachType } from "../spec/words.ts";
import { Link } from "./link.ts";
import { attachTc } from "./tc.ts";

/** Options of {@link attachTcx}. */
export interface TcxPlace {
  readonly direction: "ingress" | "egress";
  /** Where among the programs that are there already; behind them when left out. Only tcx has an order. */
  readonly anchor?: Anchor;
  /** `tcx`, or a filter in `clsact` as before Linux 6.6. Left out: tcx where the kernel has it. */
  readonly way?: TcxWay | undefined;
}

/**
 * Runs `program` on every packet that comes in or goes out through the interface: before all filters of traffic control, or
 * without tcx as one of them. What is attached by tcx `progQuery` tells. Minimum kernel 4.5; for tcx 6.6.
 * Privileges: CAP_NET_ADMIN in the network namespace.
 * @throws {NotFoundError} when there is no such interface, or what the anchor names is not there.
 * @throws {NotSupportedError} when tcx or an anchor is asked for and the kernel has none.
 */
export function attachTcx(program: Program, target: string | number, place: TcxPlace): Link {
  assertProgram(program);
  assertOptions(place, tcxChecks, "a place for tcx");
  const { direction, anchor, way } = place;
  assertWord(direction, directions, "the direction");
  if (way === "clsact" && anchor !== undefined) {
    throw new InvalidArgumentError("filters in clsact have no anchors", {
      hint: "give them an order with the priority of attachTc",
    });
  }
  if (way !== "clsact") {
    try {
      return attachInOrder(program, target, {
        kind: "tcx",
        attachType: `tcx_${direction}`,
        anchor,
      });
    } catch (error) {
      if (way === "tcx" || anchor !== undefined || !isNotSupported(error)) throw error;
    }
  }
  return attachTc(program, target, { direction });
}

const directions = ["ingress", "egress"] as const;
const tcxChecks: Checks<TcxPlace> = {
  direction: isAnything,
  anchor: isObject,
  way: isWord(tcxWays),
};

/** Options of {@link attachNetkit}. */
export interface NetkitPlace {
  /** Whose outgoing packets: those of the primary interface, or of its peer. */
  readonly place: "primary" | "peer";
  /** Where among the programs that are there already; behind them when left out. */
  readonly anchor?: Anchor;
}

/**
 * Runs `program` on every packet that leaves through one of a pair of `netkit` interfaces, of which the primary one is
 * given. Minimum kernel 6.7. Privileges: CAP_NET_ADMIN in the network namespace.
 * @throws {NotFoundError} when there is no such interface.
 * @throws {SyscallError} when it is not the primary one of such a pair.
 * @throws {NotSupportedError} when the kernel has no netkit.
 */
export function attachNetkit(
  program: Program,
  target: string | number,
  options: NetkitPlace,
): Link {
  assertProgram(program);
  assertOptions(options, { place: isAnything, anchor: isObject }, "a place at a netkit pair");
  const { place, anchor } = options;
  assertWord(place, ["primary", "peer"], "the place at a netkit pair");
  return attachInOrder(program, target, { kind: "netkit", attachType: `netkit_${place}`, anchor });
}

interface OrderedPlace {
  readonly kind: "tcx" | "netkit";
  readonly attachType: AttachType;
  readonly anchor: Anchor | undefined;
}

function attachInOrder(program: Program, target: string | number, where: OrderedPlace): Link {
  const { kernel } = program;
  const { kind, attachType, anchor } = where;
  const handle = kernel.bpf("linkCreate", {
    prog: program.handle,
    target: interfaceIndexOf(kernel, target),
    attachType,
    ...(anchor === undefined ? {} : { anchor }),
  });
  return new Link({ kernel, kind, target: `${attachType} of interface ${target}`, handle });
}
