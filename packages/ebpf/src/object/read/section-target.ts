/**
 * Where a program attaches, from what stands behind the prefix of its section's name.
 * @module
 */
import type { AttachTarget, UprobeMultiTarget } from "../../spec/program-spec.ts";
import type { SectionMeaning } from "../section-name.ts";

/** The target of programs in a section; `none` where the name leaves it open. */
export function sectionTarget({ prefix, type, rest }: SectionMeaning): AttachTarget {
  const word = prefix.replace(/\.(?:s|w)$/, "");
  const target = rest === "" ? undefined : named[word];
  if (target !== undefined) return target(rest);
  return open[prefix] ?? open[type] ?? none;
}

type Make = (rest: string) => AttachTarget;

/** Targets with a name, by the word in front. */
const named: Readonly<Record<string, Make | undefined>> = {
  tracepoint,
  tp: tracepoint,
  raw_tp: (name) => ({ kind: "raw_tracepoint", name }),
  raw_tracepoint: (name) => ({ kind: "raw_tracepoint", name }),
  tp_btf: (name) => ({ kind: "tp_btf", name }),
  fentry: (name) => ({ kind: "fentry", name }),
  fexit: (name) => ({ kind: "fexit", name }),
  fsession: (name) => ({ kind: "fsession", name }),
  fmod_ret: (name) => ({ kind: "fmod_ret", name }),
  iter: (name) => ({ kind: "iter", name, map: undefined }),
  lsm: (hook) => ({ kind: "lsm", hook }),
  lsm_cgroup: (hook) => ({ kind: "lsm_cgroup", hook, cgroup: undefined }),
  kprobe: (text) => ({ kind: "kprobe", ...symbolAndOffset(text) }),
  kretprobe: (text) => ({ kind: "kretprobe", ...symbolAndOffset(text) }),
  "kprobe.multi": (text) => ({ kind: "kprobe_multi", functions: choice(text) }),
  "kretprobe.multi": (text) => ({ kind: "kretprobe_multi", functions: choice(text) }),
  "kprobe.session": (text) => ({ kind: "kprobe_session", functions: choice(text) }),
  ksyscall: (name) => ({ kind: "ksyscall", name }),
  kretsyscall: (name) => ({ kind: "kretsyscall", name }),
  uprobe: (text) => uprobe("uprobe", text),
  uretprobe: (text) => uprobe("uretprobe", text),
  "uprobe.multi": (text) => uprobeMulti("uprobe_multi", text),
  "uretprobe.multi": (text) => uprobeMulti("uretprobe_multi", text),
  "uprobe.session": (text) => uprobeMulti("uprobe_session", text),
  usdt,
};

const none: AttachTarget = { kind: "none" };
const cgroup: AttachTarget = { kind: "cgroup", cgroup: undefined };
const sockets: AttachTarget = { kind: "sockmap", map: undefined };

/** Targets that are only chosen when attaching, by prefix or type. */
const open: Readonly<Record<string, AttachTarget | undefined>> = {
  xdp: { kind: "xdp", interface: undefined, mode: "any" },
  // These run behind a redirection, and are put into its map.
  "xdp/devmap": none,
  "xdp/cpumap": none,
  "xdp.frags/devmap": none,
  "xdp.frags/cpumap": none,
  "tcx/ingress": { kind: "tcx", interface: undefined, direction: "ingress" },
  "tcx/egress": { kind: "tcx", interface: undefined, direction: "egress" },
  "tc/ingress": { kind: "tcx", interface: undefined, direction: "ingress" },
  "tc/egress": { kind: "tcx", interface: undefined, direction: "egress" },
  "netkit/primary": { kind: "netkit", interface: undefined, place: "primary" },
  "netkit/peer": { kind: "netkit", interface: undefined, place: "peer" },
  netfilter: { kind: "netfilter", hook: undefined },
  lwt_in: { kind: "lwt", when: "in", route: undefined },
  lwt_out: { kind: "lwt", when: "out", route: undefined },
  lwt_xmit: { kind: "lwt", when: "xmit", route: undefined },
  lwt_seg6local: { kind: "lwt", when: "seg6local", route: undefined },
  cgroup_skb: cgroup,
  cgroup_sock: cgroup,
  cgroup_sock_addr: cgroup,
  cgroup_device: cgroup,
  cgroup_sysctl: cgroup,
  cgroup_sockopt: cgroup,
  sock_ops: cgroup,
  sk_msg: sockets,
  sk_skb: sockets,
};

function tracepoint(rest: string): AttachTarget {
  const [category = "", name = ""] = rest.split("/");
  return { kind: "tracepoint", category, name };
}

function uprobe(kind: "uprobe" | "uretprobe", text: string): AttachTarget {
  const colon = text.lastIndexOf(":");
  if (colon === -1) return { kind: "none" };
  const path = text.slice(0, colon);
  return { kind, path, ...symbolAndOffset(text.slice(colon + 1)), pid: undefined };
}

function uprobeMulti(kind: UprobeMultiTarget["kind"], text: string): AttachTarget {
  const colon = text.lastIndexOf(":");
  if (colon === -1) return none;
  const functions = choice(text.slice(colon + 1));
  return { kind, path: text.slice(0, colon), functions, pid: undefined };
}

/** One function, or all that fit a pattern. */
function choice(
  text: string,
): { readonly pattern: string } | { readonly symbols: readonly string[] } {
  return /[*?]/.test(text) ? { pattern: text } : { symbols: [text] };
}

/** `path:provider:name`. */
function usdt(text: string): AttachTarget {
  const parts = text.split(":");
  const [provider, name] = parts.slice(-2);
  if (parts.length < 3 || provider === undefined || name === undefined) return none;
  return { kind: "usdt", path: parts.slice(0, -2).join(":"), provider, name, pid: undefined };
}

function symbolAndOffset(text: string): { readonly symbol: string; readonly offset: number } {
  const [symbol = "", offset = "0"] = text.split("+");
  return { symbol, offset: Number(offset) };
}
