/**
 * Attaching to network interfaces.
 * @module
 */
import type { Anchor, LinkFlag } from "../kernel/commands.ts";
import type { Program } from "../program/program.ts";
import type { XdpMode } from "../spec/program-spec.ts";
import { Link } from "./link.ts";

const modeFlags: { readonly [Mode in XdpMode]: readonly LinkFlag[] } = {
  any: [],
  drv: ["drv_mode"],
  skb: ["skb_mode"],
  hw: ["hw_mode"],
};

/**
 * Runs `program` on every packet that the interface receives, before the kernel does anything with it. The interface is
 * one of this process's network namespace, by name or number. Minimum kernel 5.9.
 * Privileges: CAP_NET_ADMIN in that namespace.
 * @throws {NotFoundError} when there is no such interface; {@link BusyError} when it has an XDP program.
 */
export function attachXdp(
  program: Program,
  target: string | number,
  { mode = "any" }: { readonly mode?: XdpMode } = {},
): Link {
  const { kernel } = program;
  const index = indexOf(program, target);
  const handle = kernel.bpf("linkCreate", {
    prog: program.handle,
    target: index,
    attachType: "xdp",
    flags: modeFlags[mode],
  });
  return new Link({ kernel, kind: "xdp", target: `XDP of interface ${target}`, handle });
}

/** Options of {@link attachTcx}. */
export interface TcxPlace {
  readonly direction: "ingress" | "egress";
  /** Where among the programs that are there already; behind them when left out. */
  readonly anchor?: Anchor;
}

/**
 * Runs `program` on every packet that comes in or goes out through the interface. Minimum kernel 6.6.
 * Privileges: CAP_NET_ADMIN in the network namespace.
 * @throws {NotFoundError} when there is no such interface.
 */
export function attachTcx(
  program: Program,
  target: string | number,
  { direction, anchor }: TcxPlace,
): Link {
  const { kernel } = program;
  const index = indexOf(program, target);
  const handle = kernel.bpf("linkCreate", {
    prog: program.handle,
    target: index,
    attachType: `tcx_${direction}`,
    ...(anchor === undefined ? {} : { anchor }),
  });
  return new Link({ kernel, kind: "tcx", target: `${direction} of interface ${target}`, handle });
}

function indexOf(program: Program, target: string | number): number {
  return typeof target === "string" ? program.kernel.interfaceIndex(target) : target;
}
