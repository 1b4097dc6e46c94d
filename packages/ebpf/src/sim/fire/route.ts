/**
 * Packets that take a route with programs.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import type { LwtTime } from "../../spec/network-target.ts";
import type { Core } from "../core.ts";
import { runOnPacket } from "./packet.ts";
import { type Run, toldOf } from "./run.ts";

/** What became of a packet on its route. */
export interface RouteFate {
  readonly runs: readonly Run[];
  /** `reroute`: its way is looked up again. */
  readonly verdict: "pass" | "drop" | "redirect" | "reroute";
  /** What the program left of it. */
  readonly packet: Uint8Array;
  /** The interface that it was sent to. */
  readonly redirect?: number;
}

/** `enum bpf_ret_code` of include/uapi/linux/bpf.h; everything else drops. */
const verdicts: { readonly [value: number]: RouteFate["verdict"] } = {
  0: "pass",
  2: "drop",
  7: "redirect",
  128: "reroute",
};

/**
 * Runs the program of the route that a packet takes, which starts with the header of IP.
 * @throws {InvalidArgumentError} when it is no packet of IP.
 */
export function fireRoute(core: Core, when: LwtTime, data: Uint8Array): RouteFate {
  const program = core.routes.programFor(destinationOf(data), when);
  if (program === undefined) return { runs: [], verdict: "pass", packet: data };
  const given = { kind: "datagram", fields: {}, data } as const;
  const { ran, packet, redirect } = runOnPacket(core, program, given);
  const runs = toldOf([ran]);
  const verdict = verdicts[ran.value] ?? "drop";
  if (verdict !== "redirect") return { runs, verdict, packet };
  // Only on the way out something is sent elsewhere; otherwise the kernel warns and lets the packet pass.
  if (when === "in" || when === "out" || redirect === undefined)
    return { runs, verdict: "pass", packet };
  return { runs, verdict, packet, redirect };
}

/** The destination of a packet, by the version in its first byte. */
function destinationOf(data: Uint8Array): Uint8Array {
  const version = (data[0] ?? 0) >> 4;
  if (version === 4 && data.length >= 20) return data.subarray(16, 20);
  if (version === 6 && data.length >= 40) return data.subarray(24, 40);
  throw new InvalidArgumentError(`these ${data.length} bytes are no packet of IP`, {
    hint: "give it from the header of IP on, without that of Ethernet",
  });
}
