/**
 * The ways in which a program can be attached.
 * @module
 */
import { NotSupportedError } from "../kernel/errors.ts";
import type { KernelVersion } from "../kernel/feature.ts";
import type { LinkType } from "../kernel/link-info.ts";

/**
 * In which of the kernel's ways a program is attached: as a link, by its kind, or in a way that can be neither inspected
 * nor pinned (see {@link KindWithoutLink}).
 */
export type LinkKind = LinkType | KindWithoutLink;

/**
 * What is no link for the kernel: a perf event that the program hangs on (`perf_event_ioctl`, before Linux 5.15), an event
 * that is defined in tracefs for a probe (`tracefs_event`, before 4.17), nothing of its own (`prog_attach`: control groups
 * before 5.7, maps of sockets before 6.10), the element of a map of `struct_ops` (`map_update`, before 6.4), XDP over netlink
 * (`xdp_netlink`, before 5.9 or by wish), a filter of traffic control (`clsact`), part of a socket (`socket`) or of a route
 * (`route`).
 */
export type KindWithoutLink =
  | "perf_event_ioctl"
  | "tracefs_event"
  | "prog_attach"
  | "map_update"
  | "xdp_netlink"
  | "clsact"
  | "socket"
  | "route";

interface LinksInstead {
  /** What it is, in words that follow "on". */
  readonly what: string;
  readonly since?: KernelVersion;
  readonly hint?: string;
}

const links: { readonly [Kind in KindWithoutLink]: LinksInstead } = {
  perf_event_ioctl: { what: "a perf event", since: [5, 15] },
  tracefs_event: { what: "a perf event", since: [5, 15] },
  prog_attach: {
    what: "a program that is attached without a link",
    hint: "links come with Linux 5.7 for control groups, 6.10 for maps of sockets; close it to detach",
  },
  map_update: { what: "a map of struct_ops without a link", since: [6, 4] },
  xdp_netlink: {
    what: "an XDP program that is attached over netlink",
    hint: 'links come with Linux 5.9: attach with way "link"; close it to detach',
  },
  clsact: {
    what: "a filter of traffic control",
    hint: "tcx has links, since Linux 6.6; close it to detach",
  },
  socket: { what: "a program of a socket", hint: "it lives as long as the socket does" },
  route: { what: "a program of a route", hint: "it lives as long as the route does" },
};

/** @throws {NotSupportedError} when `kind` is no link for the kernel, and so has no `feature`. */
export function assertKernelLink(kind: LinkKind, feature: string): void {
  if (!(kind in links)) return;
  const { what, ...options } = links[kind as KindWithoutLink];
  throw new NotSupportedError(`${feature} on ${what}`, options);
}
