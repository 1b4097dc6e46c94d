/**
 * Commands on links, and the older ways of attaching that make one too.
 * @module
 */
import { zeroTerminated } from "../../base/bytes.ts";
import type { LinkCreate, LinkFlag } from "../../kernel/commands.ts";
import type { NetfilterHook } from "../../spec/network-target.ts";
import { linkSince } from "../../kernel/since.ts";
import type { Capability } from "../machine/capabilities.ts";
import type { Operation } from "../call/failure.ts";
import { fdOf, rawOf } from "../fd.ts";
import { bitsOf, numberOf } from "../call/flags.ts";
import {
  iterCreate,
  linkCreate,
  linkDetach,
  linkUpdate,
  rawTracepoint,
} from "../generated/attributes.ts";
import {
  attachFlagBits,
  netfilterFamilyNumbers,
  netfilterFlagBits,
  netfilterHookNumbers,
  xdpFlagBits,
} from "../generated/constants.ts";
import { KernelRecord } from "../call/record.ts";
import { anchorRequirements, setAnchor } from "./anchor.ts";
import { attachMeanings, attachTypeNumber, targetLabel, targetNumber } from "./attach.ts";
import type { SomeHandlers } from "./handlers.ts";
import { networkMeanings } from "./network-meanings.ts";
import { iterBoundsWords } from "./iter-bounds.ts";
import { elementBytes } from "./map.ts";
import { multiMeanings, setKprobeMulti, setUprobeMulti } from "./probe-multi.ts";

const linkFlagBits: { readonly [Flag in LinkFlag]: number } = {
  ...xdpFlagBits,
  preorder: attachFlagBits.preorder,
};

const attachNeeds: readonly Capability[] = ["CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN"];

/** Handlers of commands on links. */
export const linkHandlers: SomeHandlers<
  "linkCreate" | "linkUpdate" | "linkDetach" | "iterCreate" | "rawTracepointOpen"
> = {
  linkCreate: (caller, attributes) => {
    const { prog, target, attachType, anchor } = attributes;
    const program = fdOf(prog, "program", "map");
    const describe = (): Operation => ({
      text: `link ${program.label} to ${targetLabel(target)} (${attachType})`,
      needs: attachNeeds,
      requires: [
        { feature: `links of attach type ${attachType}`, since: linkSince(attachType) },
        ...anchorRequirements(attachType, anchor),
      ],
      meanings: { ...attachMeanings, ...multiMeanings(attributes), ...networkMeanings(attributes) },
    });
    const label = `link of ${program.label}`;
    return caller.open("linkCreate", createRecord(attributes), { kind: "link", label, describe });
  },
  linkUpdate: (caller, { link, newProg, oldProg }) => {
    const record = new KernelRecord(linkUpdate)
      .set(linkUpdate.linkFd, rawOf(link, "link"))
      .set(linkUpdate.newProgFd, rawOf(newProg, "program", "map"))
      .set(linkUpdate.oldProgFd, oldProg && rawOf(oldProg, "program", "map"))
      .set(linkUpdate.flags, oldProg === undefined ? 0 : attachFlagBits.replace);
    caller.call("linkUpdate", record, () => ({
      text: `make ${fdOf(link).label} run ${fdOf(newProg).label}`,
      meanings: {
        EPERM: { kind: "busy", reason: "the link does not run the program it was expected to" },
        EINVAL: { reason: "the program does not fit this link, or its kind cannot be updated" },
      },
    }));
  },
  linkDetach: (caller, { link }) => {
    const record = new KernelRecord(linkDetach).set(linkDetach.linkFd, rawOf(link, "link"));
    caller.call("linkDetach", record, () => ({
      text: `detach ${fdOf(link).label}`,
      meanings: { EOPNOTSUPP: { feature: "detaching this kind of link; close it instead" } },
    }));
  },
  iterCreate: (caller, { link }) => {
    const record = new KernelRecord(iterCreate).set(iterCreate.linkFd, rawOf(link, "link"));
    const label = `iterator of ${fdOf(link).label}`;
    const describe = (): Operation => ({
      text: `open an ${label}`,
      needs: ["CAP_BPF", "CAP_PERFMON"],
      meanings: { EINVAL: { reason: "the link is not one of an iterator" } },
    });
    return caller.open("iterCreate", record, { kind: "iterator", label, describe });
  },
  rawTracepointOpen: (caller, { name, prog, cookie }) => {
    const record = new KernelRecord(rawTracepoint)
      .point(rawTracepoint.name, name === undefined ? undefined : zeroTerminated(name))
      .set(rawTracepoint.progFd, rawOf(prog, "program"))
      .set(rawTracepoint.cookie, cookie);
    const label = `link of ${fdOf(prog).label}`;
    const place = name === undefined ? "what it was loaded for" : `raw tracepoint "${name}"`;
    const describe = (): Operation => ({
      text: `attach ${fdOf(prog).label} to ${place}`,
      needs: attachNeeds,
      requires:
        cookie === undefined ? [] : [{ feature: "cookies of raw tracepoints", since: [6, 10] }],
      meanings: {
        ...attachMeanings,
        ENOENT: { reason: `there is no ${place}`, hint: "raw tracepoints have no category" },
      },
    });
    return caller.open("rawTracepointOpen", record, { kind: "link", label, describe });
  },
};

function createRecord(attributes: LinkCreate): KernelRecord {
  const { prog, target, attachType, perfEvent, tracing } = attributes;
  const iterInfo = attributes.iterBounds && elementBytes(iterBoundsWords(attributes.iterBounds));
  const record = new KernelRecord(linkCreate)
    .set(linkCreate.progFd, rawOf(prog))
    .set(linkCreate.targetFd, targetNumber(target))
    .set(linkCreate.attachType, attachTypeNumber(attachType))
    .set(linkCreate.targetBtfId, attributes.targetBtfId)
    .point(linkCreate.iterInfo, iterInfo)
    .set(linkCreate.iterInfoLen, iterInfo?.length)
    .set(linkCreate.perfEventBpfCookie, perfEvent?.cookie)
    .set(linkCreate.tracingTargetBtfId, tracing?.targetBtfId)
    .set(linkCreate.tracingCookie, tracing?.cookie);
  setKprobeMulti(record, attributes.kprobeMulti);
  setUprobeMulti(record, attributes.uprobeMulti);
  setNetfilter(record, attributes.netfilter);
  const anchorFlags = setAnchor(record, anchorPlaces, attributes.anchor);
  return record.set(linkCreate.flags, bitsOf(linkFlagBits, attributes.flags) | anchorFlags);
}

/** The same for tcx, netkit and cgroups. */
const anchorPlaces = {
  relativeFd: linkCreate.tcxRelativeFd,
  expectedRevision: linkCreate.tcxExpectedRevision,
};

function setNetfilter(record: KernelRecord, place: NetfilterHook | undefined): void {
  if (place === undefined) return;
  record
    .set(linkCreate.netfilterPf, numberOf(netfilterFamilyNumbers, place.family, "the family"))
    .set(linkCreate.netfilterHooknum, numberOf(netfilterHookNumbers, place.hook, "the hook"))
    .set(linkCreate.netfilterPriority, place.priority)
    .set(linkCreate.netfilterFlags, bitsOf(netfilterFlagBits, place.flags));
}
