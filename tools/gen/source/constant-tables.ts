/**
 * Which constants are generated, from where, and what they are called here.
 *
 * One row for each table of `sys/generated/constants.ts`: an enum of the kernel by its name, an enum without a name
 * by one of its constants, or macros. The prefix that C needs is dropped, and the rest is in lower case.
 * @module
 */
import { macros, netkitAttributes, netkitModes, newer, xdpMacros } from "./uapi-macros.ts";
import { type Constant, kernelTypes } from "./kernel-types.ts";

/** A word and its number. */
export type Entry = readonly [name: string, value: number];

/** One table of constants. */
export interface ConstantTable {
  /** Name of the exported constant. */
  readonly name: string;
  readonly comment: string;
  readonly entries: () => readonly Entry[];
}

/** The enums whose words are part of the language of specs; `words` names the list in `spec/generated/words.ts`. */
export const wordTables: readonly (ConstantTable & { readonly words: string })[] = [
  {
    words: "mapTypes",
    name: "mapTypeNumbers",
    comment: "Kinds of maps: `enum bpf_map_type`.",
    entries: () => fromEnum("bpf_map_type", "BPF_MAP_TYPE_"),
  },
  {
    words: "programTypes",
    name: "programTypeNumbers",
    comment: "Kinds of programs: `enum bpf_prog_type`.",
    entries: () => fromEnum("bpf_prog_type", "BPF_PROG_TYPE_"),
  },
  {
    words: "attachTypes",
    name: "attachTypeNumbers",
    comment: "Places programs are attached to: `enum bpf_attach_type`.",
    entries: () => fromEnum("bpf_attach_type", "BPF_"),
  },
];

/** The other tables. */
export const numberTables: readonly ConstantTable[] = [
  table("commandNumbers", "Commands: `enum bpf_cmd`.", () =>
    fromEnum("bpf_cmd", "BPF_").map(([name, value]) => [camelCase(name), value]),
  ),
  table("linkTypeNumbers", "Kinds of links: `enum bpf_link_type`.", () =>
    fromEnum("bpf_link_type", "BPF_LINK_TYPE_"),
  ),
  table("statsTypeNumbers", "Statistics: `enum bpf_stats_type`.", () =>
    fromEnum("bpf_stats_type", "BPF_STATS_"),
  ),
  table("taskFdTypeNumbers", "What a descriptor is attached to: `enum bpf_task_fd_type`.", () =>
    fromEnum("bpf_task_fd_type", "BPF_FD_TYPE_"),
  ),
  table("perfEventTypeNumbers", "Kinds of perf event links: `enum bpf_perf_event_type`.", () =>
    fromEnum("bpf_perf_event_type", "BPF_PERF_EVENT_"),
  ),
  table("streamNumbers", "Streams of a program: `enum bpf_stream_id`.", () =>
    fromEnum("bpf_stream_id", "BPF_"),
  ),
  table("elementFlagBits", "Flags of operations on elements.", () =>
    fromConstants(kernelTypes().constantsBeside("BPF_NOEXIST"), "BPF_", newer["element_flags"]).map(
      ([name, value]) => [name.replace("f_", ""), value],
    ),
  ),
  table("mapFlagBits", "Flags of `map_create`.", () =>
    fromConstants(kernelTypes().constantsBeside("BPF_F_NO_PREALLOC"), "BPF_F_", newer["map_flags"]),
  ),
  table("programFlagBits", "Flags of `prog_load`.", () => fromMacros("program", "BPF_F_")),
  table("attachFlagBits", "Flags of `prog_attach` and of places among several programs.", () =>
    fromMacros("attach", "BPF_F_"),
  ),
  table("xdpFlagBits", "Flags of an XDP link (include/uapi/linux/if_link.h).", () =>
    withoutPrefix(Object.entries(xdpMacros), "XDP_FLAGS_"),
  ),
  table("queryFlagBits", "Flags of `prog_query`.", () => fromMacros("query", "BPF_F_QUERY_")),
  table("testRunFlagBits", "Flags of `prog_test_run`.", () => fromMacros("testRun", "BPF_F_TEST_")),
  table("kprobeMultiFlagBits", "Flags of a `kprobe_multi` link.", () =>
    beside("BPF_F_KPROBE_MULTI_RETURN", "BPF_F_KPROBE_MULTI_"),
  ),
  table("uprobeMultiFlagBits", "Flags of a `uprobe_multi` link.", () =>
    beside("BPF_F_UPROBE_MULTI_RETURN", "BPF_F_UPROBE_MULTI_"),
  ),
  table("netfilterFlagBits", "Flags of a `netfilter` link.", () =>
    fromMacros("netfilter", "BPF_F_NETFILTER_"),
  ),
  table("netfilterHookNumbers", "Hooks: `enum nf_inet_hooks`.", () =>
    fromEnum("nf_inet_hooks", "NF_INET_").filter(([name]) => !/numhooks|ingress/.test(name)),
  ),
  table("netfilterFamilyNumbers", "Families of netfilter.", () =>
    beside("NFPROTO_IPV4", "NFPROTO_").filter(([name]) => name.startsWith("ipv")),
  ),
  table("perfTypeNumbers", "Kinds of perf events: `enum perf_type_id`.", () =>
    fromEnum("perf_type_id", "PERF_TYPE_"),
  ),
  table(
    "routeMessageNumbers",
    "Messages of rtnetlink about links, queues, filters and routes.",
    () =>
      beside("RTM_GETLINK", "RTM_").filter(([name]) => /(?:link|qdisc|tfilter|route)$/.test(name)),
  ),
  table("linkAttributeNumbers", "Attributes of a link in rtnetlink.", () =>
    beside("IFLA_IFNAME", "IFLA_").filter(([name]) => /ifname$|^xdp$|^linkinfo$/.test(name)),
  ),
  table("linkInfoAttributeNumbers", "What a link is, in rtnetlink.", () =>
    beside("IFLA_INFO_KIND", "IFLA_INFO_"),
  ),
  table("netkitAttributeNumbers", "What a netkit link is, in rtnetlink.", () =>
    withoutPrefix(Object.entries(netkitAttributes), "IFLA_NETKIT_"),
  ),
  table("netkitModeNumbers", "Modes of a netkit link: `enum netkit_mode`.", () =>
    withoutPrefix(Object.entries(netkitModes), "NETKIT_"),
  ),
  table("xdpAttributeNumbers", "Attributes of an XDP program at a link in rtnetlink.", () =>
    beside("IFLA_XDP_FD", "IFLA_XDP_"),
  ),
  table("trafficAttributeNumbers", "Attributes of queues and filters in rtnetlink.", () =>
    beside("TCA_KIND", "TCA_"),
  ),
  table("classifierAttributeNumbers", "Attributes of a filter that is a program.", () =>
    beside("TCA_BPF_FD", "TCA_BPF_"),
  ),
  table("routeAttributeNumbers", "Attributes of a route in rtnetlink.", () =>
    beside("RTA_ENCAP", "RTA_"),
  ),
  table("encapsulationNumbers", "Kinds of light-weight tunnels: `enum lwtunnel_encap_types`.", () =>
    fromEnum("lwtunnel_encap_types", "LWTUNNEL_ENCAP_").filter(([name]) => /bpf|local/.test(name)),
  ),
  table("tunnelAttributeNumbers", "Attributes of a tunnel of programs.", () =>
    beside("LWT_BPF_IN", "LWT_BPF_"),
  ),
  table("tunnelProgramAttributeNumbers", "Attributes of a program of a tunnel.", () =>
    beside("LWT_BPF_PROG_FD", "LWT_BPF_PROG_"),
  ),
  table("segmentAttributeNumbers", "Attributes of an action on IPv6 segments.", () =>
    beside("SEG6_LOCAL_BPF", "SEG6_LOCAL_"),
  ),
  table("segmentActionNumbers", "Actions on IPv6 segments.", () =>
    beside("SEG6_LOCAL_ACTION_END_BPF", "SEG6_LOCAL_ACTION_").filter(
      ([name]) => name === "end_bpf",
    ),
  ),
  table("netlinkErrorAttributeNumbers", "Attributes of an error in netlink.", () =>
    fromEnum("nlmsgerr_attrs", "NLMSGERR_ATTR_"),
  ),
];

/** `key_size` as `keySize`, without underscores in front. */
export function camelCase(name: string): string {
  return name.replace(/^_+/, "").replaceAll(/_+(.)/g, (_, letter: string) => letter.toUpperCase());
}

function table(name: string, comment: string, entries: () => readonly Entry[]): ConstantTable {
  return { name, comment, entries };
}

function fromEnum(enumName: string, prefix: string): readonly Entry[] {
  return fromConstants(kernelTypes().constants(enumName), prefix, newer[enumName]);
}

function beside(constant: string, prefix: string): readonly Entry[] {
  return fromConstants(kernelTypes().constantsBeside(constant), prefix, {});
}

function fromMacros(group: string, prefix: string): readonly Entry[] {
  return withoutPrefix(Object.entries(macros[group]!), prefix);
}

function fromConstants(
  constants: readonly Constant[],
  prefix: string,
  additions: { readonly [name: string]: number } = {},
): readonly Entry[] {
  const known = constants.map(({ name, value }): Entry => [name, Number(value)]);
  const names = new Set(known.map(([name]) => name));
  const added = Object.entries(additions).filter(([name]) => !names.has(name));
  return withoutPrefix([...known, ...added], prefix);
}

function withoutPrefix(entries: readonly Entry[], prefix: string): readonly Entry[] {
  return entries
    .filter(([name]) => name.startsWith(prefix) && !notMeant.test(name))
    .map(([name, value]) => [name.slice(prefix.length).toLowerCase(), value]);
}

/** Placeholders, ends of lists, and names that were given up for another one. */
const notMeant = /_UNSPEC$|MAX|_DEPRECATED$|^BPF_PROG_RUN$/;
