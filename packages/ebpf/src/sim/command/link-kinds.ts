/**
 * Making links: where each kind of them attaches its program.
 *
 * A maker checks what the kernel checks, with the kernel's errno, and puts the program at places.
 * @module
 */
import { errno } from "../../kernel/errno.ts";
import type { LinkCreate } from "../../kernel/commands.ts";
import type { LinkType } from "../../kernel/link-info.ts";
import type { AttachType } from "../../spec/words.ts";
import type { Attachment } from "../attach/attachments.ts";
import { SimulatedEvent } from "../attach/event.ts";
import { SimulatedFile } from "../attach/file.ts";
import { place } from "../attach/place.ts";
import { SimulatedLink } from "../attach/simulated-link.ts";
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import { SimulatedMap } from "../map/simulated-map.ts";
import { objectOf } from "../object.ts";
import { SimulatedProgram } from "../program.ts";
import { anchored } from "./anchor.ts";

/** What is linked. */
export interface Linking {
  readonly core: Core;
  readonly program: SimulatedProgram;
  readonly attributes: LinkCreate;
}

/** Attaches the program; the link, or a negated errno. */
export type LinkMaker = (linking: Linking) => SimulatedLink | number;

interface Made {
  readonly type: LinkType;
  readonly details?: object;
  readonly detachable?: boolean;
  readonly updatable?: boolean;
}

/** A new link of the program, which is attached nowhere yet. */
export function newLink({ core, program, attributes }: Linking, made: Made): SimulatedLink {
  const { type, details = {}, detachable = false, updatable = false } = made;
  const { attachType } = attributes;
  const setup = { type, attachType, program, details, detachable, updatable };
  const link = new SimulatedLink(core.attachments, setup);
  core.links.add(link);
  return link;
}

const toEvent: LinkMaker = (linking) => {
  const { perfEvent } = linking.attributes;
  const event = objectOf(targetOf(linking), SimulatedEvent);
  const cookie = perfEvent?.cookie ?? 0n;
  const link = newLink(linking, { type: "perf_event", details: event.details(cookie) });
  link.attachAt(event.place, { cookie, pid: event.pid });
  const held = event.hold();
  link.owns({ [Symbol.dispose]: () => held.drop() });
  return link;
};

const toIterator: LinkMaker = (linking) => {
  const { core, program, attributes } = linking;
  const targetName = core.attachName(program).replace(/^bpf_iter_/, "");
  const { iterBounds } = attributes;
  const map = iterBounds !== undefined && "map" in iterBounds ? iterBounds.map : undefined;
  if (targetName === "bpf_map_elem" && map === undefined) return failed.badDescriptor;
  const mapId = map === undefined ? {} : { mapId: objectOf(map, SimulatedMap).id };
  const details = { targetName, ...mapId };
  const link = newLink(linking, { type: "iter", details, updatable: true });
  if (map !== undefined) {
    const held = objectOf(map, SimulatedMap).hold();
    link.owns({ [Symbol.dispose]: () => held.drop() });
  }
  return link;
};

const toXdp: LinkMaker = (linking) => {
  const { core, attributes } = linking;
  const index = attributes.target as number;
  if (!core.interfaces.has(index)) return -errno.ENODEV;
  const at = place.interface("xdp", index);
  if (core.attachments.at(at).length > 0) return failed.busy;
  const details = { ifindex: index };
  const link = newLink(linking, { type: "xdp", details, detachable: true, updatable: true });
  link.attachAt(at, noCookie);
  return link;
};

const noCookie = { cookie: 0n } as const;

/** Places with an ordered list of programs at an interface. */
const toOrdered =
  (type: "tcx" | "netkit"): LinkMaker =>
  (linking) => {
    const { core, attributes } = linking;
    const index = attributes.target as number;
    if (!core.interfaces.has(index)) return -errno.ENODEV;
    if (type === "netkit") {
      const paired = core.interfaces.paired(index);
      if (paired === undefined) return -errno.ENXIO;
      if (paired.role === "peer") return -errno.EACCES;
    }
    const at = place.interface(attributes.attachType, index);
    const next = anchored(core, at, attributes.anchor);
    if (typeof next === "number") return next;
    const details = { ifindex: index };
    const link = newLink(linking, { type, details, detachable: true, updatable: true });
    link.attachAt(at, noCookie, next.before);
    return link;
  };

const toCgroup: LinkMaker = (linking) => {
  const { core, program, attributes } = linking;
  const { attachType, anchor, flags = [] } = attributes;
  const { cgroupId } = objectOf(targetOf(linking), SimulatedFile);
  if (cgroupId === undefined) return failed.badDescriptor;
  const kind = attachType === "lsm_cgroup" ? lsmKind(core, program) : attachType;
  const at = place.cgroup(kind, cgroupId);
  const next = anchored(core, at, anchor);
  if (typeof next === "number") return next;
  const made = {
    type: "cgroup",
    details: { cgroupId },
    detachable: true,
    updatable: true,
  } as const;
  const link = newLink(linking, made);
  const early = flags.includes("preorder") ? { preorder: true as const } : {};
  link.attachAt(at, { ...noCookie, ...early }, next.before);
  return link;
};

/** Hooks of security modules for control groups are told apart by their names. */
export function lsmKind(core: Core, program: SimulatedProgram): string {
  return `lsm ${core.attachName(program).replace(/^bpf_lsm_/, "")}`;
}

const toNetns: LinkMaker = (linking) => {
  const { core, attributes } = linking;
  objectOf(targetOf(linking), SimulatedFile);
  const type = attributes.attachType as "sk_lookup" | "flow_dissector";
  const at = place.netns(type);
  if (type === "flow_dissector" && core.attachments.at(at).length > 0) return failed.tooBig;
  const details = { netnsIno: netNamespace };
  const link = newLink(linking, { type: "netns", details, detachable: true, updatable: true });
  link.attachAt(at, noCookie);
  return link;
};

/** Inode of the first network namespace: PROC_NET_INIT_INO of include/uapi/linux/nsfs.h. */
const netNamespace = 0xf000_0000;

const toMap: LinkMaker = (linking) => {
  const { core, attributes } = linking;
  const map = objectOf(targetOf(linking), SimulatedMap);
  const at = place.map(attributes.attachType, map.id);
  if (core.attachments.at(at).length > 0) return failed.busy;
  const details = { mapId: map.id };
  const link = newLink(linking, { type: "sockmap", details, detachable: true, updatable: true });
  link.attachAt(at, noCookie);
  return link;
};

const toNetfilter: LinkMaker = (linking) => {
  const { core, attributes } = linking;
  const { family, hook, priority } = attributes.netfilter!;
  const at = place.netfilter(family, hook);
  const there = core.attachments.at(at);
  if (there.some((it) => it.priority === priority)) return failed.busy;
  const pf = family === "ipv4" ? 2 : 10;
  const hooknum = netfilterHooks.indexOf(hook);
  const details = { pf, hooknum, priority, flags: 0 };
  const link = newLink(linking, { type: "netfilter", details });
  const next = there.find((it) => it.priority! > priority);
  link.attachAt(at, { ...noCookie, priority }, next);
  return link;
};

/** `enum nf_inet_hooks` of include/uapi/linux/netfilter.h. */
const netfilterHooks = ["pre_routing", "local_in", "forward", "local_out", "post_routing"];

const toKernelFunctions: LinkMaker = (linking) => {
  const { kprobeMulti = {}, attachType } = linking.attributes;
  const { symbols = [], addresses = [], cookies = [], flags = [] } = kprobeMulti;
  const names = [...symbols, ...addresses.map(String)];
  if (names.length === 0) return failed.invalid;
  const unknown = names.find((name) => !linking.core.names.hasFunction(name));
  if (unknown !== undefined) throw noFunction(linking, unknown);
  const isReturn = flags.includes("return");
  const details = { count: names.length, flags: isReturn ? 1 : 0, missed: 0n };
  const link = newLink(linking, { type: "kprobe_multi", details });
  const events = eventsOf(attachType, isReturn);
  for (const [index, name] of names.entries()) {
    const functionAddress = linking.core.symbols.addressOf(name);
    const at = { cookie: cookies[index] ?? 0n, functionAddress };
    for (const event of events) link.attachAt(place.kernelFunction(`k${event}`, name), at);
  }
  return link;
};

/** The kernel names none: it says -ESRCH. */
function noFunction({ core, program }: Linking, name: string): Error {
  return core.error("linkCreate", failed.search, {
    text: `attach ${program.label} to functions of the kernel`,
    meanings: {
      ESRCH: {
        kind: "not-found",
        reason: `the kernel has no function "${name}"`,
        hint: core.names.functionHint(name),
      },
    },
  });
}

const toUserCode: LinkMaker = (linking) => {
  const { uprobeMulti, attachType, attachType: type } = linking.attributes;
  if (uprobeMulti === undefined || uprobeMulti.offsets.length === 0) return failed.invalid;
  const { path, offsets, cookies = [], flags = [], pid } = uprobeMulti;
  const isReturn = flags.includes("return");
  const details = { path, count: offsets.length, flags: isReturn ? 1 : 0, pid: pid ?? 0 };
  const link = newLink(linking, { type: "uprobe_multi", details });
  const events = eventsOf(attachType, isReturn);
  for (const [index, offset] of offsets.entries()) {
    const at = { cookie: cookies[index] ?? 0n, functionAddress: offset, pid };
    for (const event of events)
      link.attachAt(place.userCode(`u${event}`, path, Number(offset)), sessionAt(type, at));
  }
  return link;
};

function sessionAt(
  type: AttachType,
  at: Omit<Attachment, "program" | "linkId">,
): Omit<Attachment, "program" | "linkId"> {
  return type.endsWith("_session") ? { ...at, session: true } : at;
}

function eventsOf(type: AttachType, isReturn: boolean): readonly ("probe" | "retprobe")[] {
  if (type.endsWith("_session")) return ["probe", "retprobe"];
  return [isReturn ? "retprobe" : "probe"];
}

/** The handle that is linked to. */
function targetOf({ attributes: { target } }: Linking): Exclude<typeof target, number | undefined> {
  return target as Exclude<typeof target, number | undefined>;
}

/** Makers by attach type. */
const makers: { readonly [Type in AttachType]?: LinkMaker } = {
  perf_event: toEvent,
  trace_iter: toIterator,
  xdp: toXdp,
  tcx_ingress: toOrdered("tcx"),
  tcx_egress: toOrdered("tcx"),
  netkit_primary: toOrdered("netkit"),
  netkit_peer: toOrdered("netkit"),
  sk_lookup: toNetns,
  flow_dissector: toNetns,
  sk_msg_verdict: toMap,
  sk_skb_verdict: toMap,
  sk_skb_stream_verdict: toMap,
  sk_skb_stream_parser: toMap,
  netfilter: toNetfilter,
  trace_kprobe_multi: toKernelFunctions,
  trace_kprobe_session: toKernelFunctions,
  trace_uprobe_multi: toUserCode,
  trace_uprobe_session: toUserCode,
  lsm_cgroup: toCgroup,
};

/** The maker for an attach type; `undefined` for those that are not simulated. */
export function makerFor(type: AttachType): LinkMaker | undefined {
  return type.startsWith("cgroup_") ? toCgroup : makers[type];
}
