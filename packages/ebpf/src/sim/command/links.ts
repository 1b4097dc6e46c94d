/**
 * Commands on links, and the older ways to attach (`PROG_ATTACH`).
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import { NotSupportedError } from "../../kernel/errors.ts";
import type { ProgAttach, ProgQueryResult } from "../../kernel/commands.ts";
import type { Handle, LinkId, ProgramId } from "../../kernel/handle.ts";
import type { Meanings } from "../../kernel/failure.ts";
import type { AttachType } from "../../spec/words.ts";
import { SimulatedFile } from "../attach/file.ts";
import { SimulatedIterator } from "../attach/iterator.ts";
import { type FunctionEvent, place } from "../attach/place.ts";
import { SimulatedLink } from "../attach/simulated-link.ts";
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import { SimulatedMap } from "../map/simulated-map.ts";
import { objectOf, SimulatedHandle, type SimulatedObject } from "../object.ts";
import { SimulatedProgram } from "../program.ts";
import { anchored } from "./anchor.ts";
import { linkToProgram } from "./program-links.ts";
import {
  detachStructOps,
  linkStructOps,
  structOpsLinkOf,
  updateStructOps,
} from "./struct-ops-links.ts";
import type { Handlers } from "./handlers.ts";
import { type Linking, lsmKind, makerFor, newLink } from "./link-kinds.ts";

const attachMeanings: Meanings = {
  ENOENT: { reason: "nothing is attached there, or the target does not exist" },
  EEXIST: { reason: "the program is attached there already" },
  EBUSY: { reason: "another program is attached there already" },
  EINVAL: { reason: "the program cannot be attached there" },
  ESTALE: { reason: "the programs there have changed since the revision was read" },
};

/** Handlers of commands that attach. */
export const linkHandlers: Handlers = {
  linkCreate: (core, attributes) => {
    const { prog, attachType } = attributes;
    if (attachType === "struct_ops") return linkStructOps(core, objectOf(prog, SimulatedMap));
    const maker = makerFor(attachType);
    if (maker === undefined) throw missing(`links of attach type ${attachType}`);
    const program = objectOf(prog, SimulatedProgram);
    return linkOrThrow(core, program, maker({ core, program, attributes }));
  },
  rawTracepointOpen: (core, { name, prog, cookie = 0n }) => {
    const program = objectOf(prog, SimulatedProgram);
    const { expectedAttachType: attachType = "trace_raw_tp" } = program.attributes;
    const linking: Linking = { core, program, attributes: { prog, attachType } };
    if (name === undefined) return linkOrThrow(core, program, linkLoadedFor(linking));
    const isThere = core.names.hasRawTracepoint(name);
    core.check(isThere ? 0 : failed.noEntry, "rawTracepointOpen", () => ({
      text: `attach ${program.label} to raw tracepoint ${name}`,
      meanings: {
        ENOENT: {
          reason: `there is no raw tracepoint "${name}"`,
          hint: core.names.tracepointHint(name),
        },
      },
    }));
    const link = newLink(linking, { type: "raw_tracepoint", details: { tpName: name, cookie } });
    link.attachAt(place.rawTracepoint(name), { cookie });
    return new SimulatedHandle(link);
  },
  linkUpdate: (core, { link, newProg, oldProg }) => {
    const ofStruct = structOpsLinkOf(link);
    if (ofStruct !== undefined) return updateStructOps(core, ofStruct, { newProg, oldProg });
    const object = objectOf(link, SimulatedLink);
    const program = objectOf(newProg, SimulatedProgram);
    const isOther = oldProg !== undefined && objectOf(oldProg, SimulatedProgram) !== object.program;
    core.check(updateRefusal(object, program, isOther), "linkUpdate", () => ({
      text: `make ${object.label} run ${program.label}`,
      meanings: {
        EPERM: { kind: "busy", reason: "the link does not run the program it was expected to" },
        EINVAL: { reason: "the program does not fit this link, or its kind cannot be updated" },
      },
    }));
    object.update(program);
  },
  linkDetach: (core, { link }) => {
    const ofStruct = structOpsLinkOf(link);
    if (ofStruct !== undefined) return detachStructOps(core, ofStruct);
    const object = objectOf(link, SimulatedLink);
    const result = object.setup.detachable ? 0 : failed.operationNotSupported;
    core.check(result, "linkDetach", () => ({
      text: `detach ${object.label}`,
      meanings: { EOPNOTSUPP: { feature: "detaching this kind of link; close it instead" } },
    }));
    object.detach();
  },
  iterCreate: (core, { link }) => {
    const object = objectOf(link, SimulatedLink);
    core.check(object.setup.type === "iter" ? 0 : failed.invalid, "iterCreate", () => ({
      text: `open an iterator of ${object.label}`,
      meanings: { EINVAL: { reason: "the link is not one of an iterator" } },
    }));
    return new SimulatedHandle(new SimulatedIterator(core, object));
  },
  linkGetNextId: ({ links }, { startId }) => links.next(startId) as LinkId | undefined,
  linkGetFdById: (core, { id }) => {
    const link = core.links.get(id);
    core.check(link === undefined ? failed.noEntry : 0, "linkGetFdById", () => ({
      text: `open link ${id}`,
      meanings: { ENOENT: { reason: `there is no link ${id}` } },
    }));
    return new SimulatedHandle(link!);
  },
  progAttach: (core, attributes) => {
    const program = objectOf(attributes.attachBpf, SimulatedProgram);
    core.check(attachWithoutLink(core, program, attributes), "progAttach", () => ({
      text: `attach ${program.label} (${attributes.attachType})`,
      meanings: attachMeanings,
    }));
  },
  progDetach: (core, { target, attachBpf, attachType }) => {
    const program = attachBpf && objectOf(attachBpf, SimulatedProgram);
    const at = placeOf(core, target, attachType, program);
    const found = core.attachments
      .at(at)
      .find((it) => it.linkId === 0 && (program === undefined || it.program === program));
    core.check(found === undefined ? failed.noEntry : 0, "progDetach", () => ({
      text: `detach ${program?.label ?? "programs"} (${attachType})`,
      meanings: attachMeanings,
    }));
    core.attachments.remove(at, found!);
  },
  progQuery: (core, { target, attachType, queryFlags = [] }): ProgQueryResult => {
    const at = placeOf(core, target, attachType, undefined);
    const file = typeof target === "number" ? undefined : (target as SimulatedHandle).object;
    const there =
      queryFlags.includes("effective") && file instanceof SimulatedFile
        ? core.cgroupAttachments(attachType, file.cgroupId!)
        : core.attachments.at(at);
    return {
      programs: there.map(({ program }) => program.id as ProgramId),
      links: there.map(({ linkId }) => linkId as LinkId),
      attachFlags: file instanceof SimulatedFile && there.length > 0 ? ["allow_multi"] : [],
      revision: core.attachments.revision(at),
    };
  },
};

function linkOrThrow(core: Core, program: SimulatedProgram, made: SimulatedLink | number): Handle {
  if (typeof made !== "number") return new SimulatedHandle(made);
  const operation = { text: `attach ${program.label}`, meanings: attachMeanings };
  throw core.error("linkCreate", made, operation);
}

const functionEvents: { readonly [Type in AttachType]?: FunctionEvent } = {
  trace_fentry: "fentry",
  trace_fexit: "fexit",
  modify_return: "fmod_ret",
};

/** A link to what the program was loaded for: a BTF tracepoint, a function, a hook. */
function linkLoadedFor(linking: Linking): SimulatedLink | number {
  const { core, program } = linking;
  const { attachBtfId: targetBtfId, expectedAttachType: type } = program.attributes;
  if (targetBtfId === undefined) return failed.invalid;
  if (type === "trace_fsession") throw missing("programs at start and return at once (fsession)");
  if (program.target !== undefined) return linkToProgram(linking, program.target);
  const name = core.attachName(program);
  const details = { targetObjId: 1, targetBtfId, cookie: 0n };
  const link = newLink(linking, { type: "tracing", details });
  const event = type && functionEvents[type];
  const functionAddress = core.symbols.addressOf(name);
  if (event !== undefined)
    link.attachAt(place.kernelFunction(event, name), { cookie: 0n, functionAddress });
  else if (type === "lsm_mac")
    link.attachAt(place.lsm(name.replace(/^bpf_lsm_/, "")), { cookie: 0n });
  else link.attachAt(place.rawTracepoint(name.replace(/^btf_trace_/, "")), { cookie: 0n });
  return link;
}

function updateRefusal(link: SimulatedLink, program: SimulatedProgram, isOther: boolean): number {
  if (!link.setup.updatable) return failed.invalid;
  const { progType, expectedAttachType } = link.program.attributes;
  const { attributes } = program;
  if (attributes.progType !== progType) return failed.invalid;
  if (attributes.expectedAttachType !== expectedAttachType) return failed.invalid;
  return isOther ? failed.noPermission : 0;
}

/** The place that a target and an attach type mean. */
function placeOf(
  core: Core,
  target: Handle | number,
  attachType: AttachType,
  program: SimulatedProgram | undefined,
): string {
  if (typeof target === "number") return place.interface(attachType, target);
  const { object } = target as SimulatedHandle;
  if (object instanceof SimulatedMap) return place.map(attachType, object.id);
  if (object instanceof SimulatedFile && object.cgroupId !== undefined) {
    const isHook = attachType === "lsm_cgroup" && program !== undefined;
    return place.cgroup(isHook ? lsmKind(core, program) : attachType, object.cgroupId);
  }
  if (object instanceof SimulatedFile && isNetns(attachType)) return place.netns(attachType);
  throw notAPlace(object, attachType);
}

function isNetns(type: AttachType): type is "sk_lookup" | "flow_dissector" {
  return type === "sk_lookup" || type === "flow_dissector";
}

function notAPlace({ label }: SimulatedObject, type: AttachType): InvalidArgumentError {
  return new InvalidArgumentError(`programs for ${type} are not attached to ${label}`);
}

function attachWithoutLink(
  core: Core,
  program: SimulatedProgram,
  { target, attachType, attachFlags = [], replaceBpf, anchor }: ProgAttach,
): number {
  const at = placeOf(core, target, attachType, program);
  const there = core.attachments.at(at);
  const replaced = replaceBpf && objectOf(replaceBpf, SimulatedProgram);
  const old = there.find(
    (it) => it.linkId === 0 && (replaced === undefined || it.program === replaced),
  );
  if (replaced !== undefined && old === undefined) return failed.noEntry;
  const isMulti = attachFlags.includes("allow_multi");
  if (replaced !== undefined || (!isMulti && old !== undefined)) {
    core.attachments.replace(old!, program);
    return 0;
  }
  if (there.some((it) => it.program === program)) return isMulti ? failed.invalid : failed.exists;
  const next = anchored(core, at, anchor);
  if (typeof next === "number") return next;
  const preorder = attachFlags.includes("preorder") ? { preorder: true as const } : {};
  core.attachments.add(at, { program, cookie: 0n, linkId: 0, ...preorder }, next.before);
  return 0;
}

function missing(feature: string): NotSupportedError {
  return new NotSupportedError(feature, { hint: "the simulated kernel does not have it" });
}
