/**
 * Packets on their way: in and out through interfaces, to sockets, through control groups.
 *
 * Programs run one behind the other and see what those before left of the packet, until one decides.
 * @module
 */
import type { Attachment } from "../attach/attachments.ts";
import { place } from "../attach/place.ts";
import type { Core } from "../core.ts";
import type { SimulatedProgram } from "../program.ts";
import { withPacket, type PacketKind } from "../run/packet-run.ts";
import type { GivenObject } from "../typed/given.ts";
import { groupOf } from "./cgroup.ts";
import { runAttached, type Ran, type Run, toldOf } from "./run.ts";

/** What became of a packet. */
export interface PacketFate {
  readonly runs: readonly Run[];
  /** `pass`: it goes on its way; `tx`: back through where it came from; `aborted`: an XDP program failed. */
  readonly verdict: "pass" | "drop" | "tx" | "redirect" | "aborted";
  /** What programs left of it. */
  readonly packet: Uint8Array;
  /** Interface, or key of a map, that it was sent to. */
  readonly redirect?: number | undefined;
  /** Whether the AF_XDP socket that it was sent to took it; left out where it was sent to none. */
  readonly delivered?: boolean;
}

type Verdict = PacketFate["verdict"];

/** `enum xdp_action` of include/uapi/linux/bpf.h; everything else is an error. */
const xdpVerdicts: readonly Verdict[] = ["aborted", "drop", "pass", "tx", "redirect"];

/** A packet that comes in, and by which queue. */
export interface Arrival {
  readonly packet: Uint8Array;
  readonly queue: number;
}

/** A packet comes in through an interface: XDP, then programs and filters of traffic control. */
export function receive(core: Core, index: number, { packet, queue }: Arrival): PacketFate {
  const at = (kind: string) => core.attachments.at(place.interface(kind, index));
  const fields = { ingress_ifindex: index };
  const first = pass(core, packet, {
    kind: "xdp",
    fields: { ...fields, rx_queue_index: queue },
    attached: at("xdp"),
    verdictOf: (value) => xdpVerdicts[value] ?? "aborted",
  });
  const { xdpSocket } = core.packet;
  if (first.verdict === "redirect" && xdpSocket !== undefined)
    return { ...first, delivered: xdpSocket.deliver(first.packet, { interface: index, queue }) };
  if (first.verdict !== "pass") return first;
  const second = traffic(core, first.packet, {
    fields: { ...fields, ifindex: index },
    attached: [...at("tcx_ingress"), ...at("tc ingress")],
  });
  return { ...second, runs: [...first.runs, ...second.runs] };
}

/** A packet goes out through an interface: programs and filters of traffic control, then those of a netkit. */
export function send(core: Core, index: number, packet: Uint8Array): PacketFate {
  const at = (kind: string, of = index) => core.attachments.at(place.interface(kind, of));
  const fields = { ifindex: index };
  const attached = [...at("tcx_egress"), ...at("tc egress")];
  const first = traffic(core, packet, { fields, attached });
  const paired = core.interfaces.paired(index);
  if (paired === undefined || first.verdict !== "pass") return first;
  const between = at(`netkit_${paired.role}`, paired.primary);
  const second = traffic(core, first.packet, { fields, attached: between });
  return { ...second, runs: [...first.runs, ...second.runs] };
}

interface Traffic {
  readonly fields: GivenObject;
  readonly attached: readonly Attachment[];
}

/** Verdicts of traffic control: `TC_ACT_…` of include/uapi/linux/pkt_cls.h. Those that are not here go on to the next. */
const trafficVerdicts: { readonly [value: number]: Verdict } = {
  0: "pass",
  1: "pass",
  2: "drop",
  3: "pass",
  4: "drop",
  5: "drop",
  7: "redirect",
};

function traffic(core: Core, packet: Uint8Array, way: Traffic): PacketFate {
  return pass(core, packet, { ...way, kind: "skb", verdictOf: trafficVerdict });
}

function trafficVerdict(value: number): Verdict | undefined {
  return trafficVerdicts[value];
}

interface Way extends Traffic {
  readonly kind: PacketKind;
  /** What a result means; `undefined` when the next program is asked. */
  readonly verdictOf: (value: number) => Verdict | undefined;
}

function pass(
  core: Core,
  data: Uint8Array,
  { kind, fields, attached, verdictOf }: Way,
): PacketFate {
  if (attached.length === 0) return { runs: [], verdict: "pass", packet: data };
  return withPacket(core, { kind, fields, data }, (context) => {
    const each = ({ value }: Ran): boolean => verdictOf(value) === undefined;
    const runs = runAttached(core, attached, context, { each });
    const last = runs.at(-1);
    const verdict = (last && verdictOf(last.value)) ?? "pass";
    const redirect = verdict === "redirect" ? { redirect: core.packet.redirect } : {};
    return { runs: toldOf(runs), verdict, packet: core.packet.sent(), ...redirect };
  });
}

/** What the filter of a socket left of a packet: as many bytes as it returned. */
export function filterForSocket(
  core: Core,
  socket: number,
  packet: Uint8Array,
): { readonly runs: readonly Run[]; readonly length: number } {
  const attached = core.attachments.at(place.socket("filter", socket));
  if (attached.length === 0) return { runs: [], length: packet.length };
  return withPacket(core, { kind: "skb", fields: {}, data: packet }, (context) => {
    const runs = runAttached(core, attached, context);
    const length = Math.min(packet.length, runs.at(-1)!.value >>> 0);
    return { runs: toldOf(runs), length };
  });
}

/** A packet of a process in a control group, from the header of IP on: whether it may pass. */
export function cgroupPacket(
  core: Core,
  direction: "ingress" | "egress",
  packet: Uint8Array,
  { cgroup, fields = {} }: { readonly cgroup?: string; readonly fields?: GivenObject } = {},
): { readonly runs: readonly Run[]; readonly allowed: boolean } {
  const attached = core.cgroupAttachments(`cgroup_inet_${direction}`, groupOf(core, cgroup));
  return withPacket(core, { kind: "datagram", fields, data: packet }, (context) => {
    const runs = runAttached(core, attached, context);
    return { runs: toldOf(runs), allowed: runs.every(({ value }) => (value & 1) === 1) };
  });
}

/** Runs one program on a packet, for whoever has not attached it. */
export function runOnPacket(
  core: Core,
  program: SimulatedProgram,
  {
    kind,
    fields,
    data,
  }: { readonly kind: PacketKind; readonly fields: GivenObject; readonly data: Uint8Array },
): { readonly ran: Ran; readonly packet: Uint8Array; readonly redirect: number | undefined } {
  return withPacket(core, { kind, fields, data }, (context) => {
    const [ran] = runAttached(core, [{ program, cookie: 0n, linkId: 0 }], context);
    return { ran: ran!, packet: core.packet.sent(), redirect: core.packet.redirect };
  });
}
