/**
 * What refusals of links in the network mean, where they mean something of their own.
 * @module
 */
import type { LinkCreate } from "../../kernel/commands.ts";
import type { Meanings } from "../call/failure.ts";
import { modeMeanings } from "../netlink/xdp.ts";

/** The meanings for the place that a link is made to. */
export function networkMeanings({ attachType, target, flags = [] }: LinkCreate): Meanings {
  if (attachType === "xdp") {
    const mode = flags.includes("hw_mode") ? "hw" : "any";
    return { ...xdp, ...modeMeanings(typeof target === "number" ? target : 0, mode) };
  }
  if (attachType.startsWith("netkit_")) return netkit;
  return attachType === "netfilter" ? netfilter : {};
}

const xdp: Meanings = {
  EBUSY: { reason: "an XDP program or link is attached there already" },
  EEXIST: { reason: "a program in another mode is attached there" },
};

// drivers/net/netkit.c, netkit_dev_fetch
const netkit: Meanings = {
  EINVAL: {
    reason: "the program cannot be attached there",
    hint: "its expected attach type must fit, and the kernel be built with CONFIG_NETKIT",
  },
  ENXIO: { kind: "other", reason: "the interface is not one of netkit" },
  EACCES: {
    kind: "other",
    reason: "the interface is the peer of a netkit pair",
    hint: "give the primary one, for both places",
  },
};

// net/netfilter/nf_bpf_link.c
const netfilter: Meanings = {
  EBUSY: { reason: "another program has this hook and priority" },
  EAFNOSUPPORT: {
    feature: "putting fragments together for programs: it was built without nf_defrag",
  },
};
