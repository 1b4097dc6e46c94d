/**
 * Attaching programs without a link, and asking what is attached somewhere.
 * @module
 */
import type { Anchor, AttachFlag, ProgQuery, ProgQueryResult } from "../../kernel/commands.ts";
import type { Handle, LinkId, ProgramId } from "../../kernel/handle.ts";
import { attachTypeSince } from "../../kernel/since.ts";
import type { AttachType } from "../../spec/words.ts";
import { type Caller, isErrno } from "../call/caller.ts";
import type { Meanings, Operation } from "../call/failure.ts";
import { fdOf, rawOf } from "../fd.ts";
import { bitsOf, numberOf, wordsOf } from "../call/flags.ts";
import { progAttach, query } from "../generated/attributes.ts";
import { attachFlagBits, attachTypeNumbers, queryFlagBits } from "../generated/constants.ts";
import { KernelRecord } from "../call/record.ts";
import { anchorRequirements, setAnchor } from "./anchor.ts";
import type { SomeHandlers } from "./handlers.ts";

/** What errors of attaching mean, with a link or without. */
export const attachMeanings: Meanings = {
  ENOENT: { reason: "nothing is attached there, or the target does not exist" },
  EBADF: {
    reason: "the target is not of the right kind",
    hint: "a program on control groups is attached to the folder of one, below where cgroup2 is mounted",
  },
  EEXIST: { reason: "the program is attached there already" },
  EPERM: { reason: "not permitted, or a program above in the tree forbids more" },
  EINVAL: {
    reason: "the program cannot be attached there",
    hint: "its type and expected attach type must fit the place, and the target must be of the right kind",
  },
  ERANGE: { reason: "there is no room for more programs at this place", kind: "no-space" },
  ESTALE: { reason: "the programs there have changed since the revision was read" },
};

const attachFlagWords: { readonly [Flag in AttachFlag]: number } = {
  allow_override: attachFlagBits.allow_override,
  allow_multi: attachFlagBits.allow_multi,
  preorder: attachFlagBits.preorder,
};

/** Handlers of `progAttach`, `progDetach` and `progQuery`. */
export const attachHandlers: SomeHandlers<"progAttach" | "progDetach" | "progQuery"> = {
  progAttach: (caller, attributes) => {
    const { target, attachBpf, attachType, replaceBpf, anchor } = attributes;
    const record = new KernelRecord(progAttach)
      .set(progAttach.targetFd, targetNumber(target))
      .set(progAttach.attachBpfFd, rawOf(attachBpf, "program"))
      .set(progAttach.attachType, attachTypeNumber(attachType))
      .set(progAttach.replaceBpfFd, replaceBpf && rawOf(replaceBpf, "program"));
    const replace = replaceBpf === undefined ? 0 : attachFlagBits.replace;
    const flags = bitsOf(attachFlagWords, attributes.attachFlags) | replace;
    record.set(progAttach.attachFlags, flags | setAnchor(record, progAttach, anchor));
    const text = `attach ${fdOf(attachBpf).label} to ${targetLabel(target)} (${attachType})`;
    caller.call("progAttach", record, () => operation(text, attachType, anchor));
  },
  progDetach: (caller, { target, attachBpf, attachType, anchor }) => {
    const record = new KernelRecord(progAttach)
      .set(progAttach.targetFd, targetNumber(target))
      .set(progAttach.attachBpfFd, attachBpf && rawOf(attachBpf, "program"))
      .set(progAttach.attachType, attachTypeNumber(attachType));
    record.set(progAttach.attachFlags, setAnchor(record, progAttach, anchor));
    const what = attachBpf === undefined ? "programs" : fdOf(attachBpf).label;
    const text = `detach ${what} from ${targetLabel(target)} (${attachType})`;
    caller.call("progDetach", record, () => operation(text, attachType));
  },
  progQuery: (caller, attributes) => {
    // The number of programs is known only afterwards, and may have grown between two calls.
    for (let room = 64; ; room *= 4) {
      const found = queryPrograms(caller, attributes, room);
      if (found !== undefined) return found;
    }
  },
};

/** @throws {InvalidArgumentError} when it is no place of attachment. */
export function attachTypeNumber(attachType: AttachType): number {
  return numberOf(attachTypeNumbers, attachType, "the place of attachment");
}

/** What is attached, or `undefined` when `room` entries were not enough. */
function queryPrograms(
  caller: Caller,
  { target, attachType, queryFlags }: ProgQuery,
  room: number,
): ProgQueryResult | undefined {
  const programs = new Uint32Array(room);
  const links = new Uint32Array(hasLinkIds(attachType) ? room : 0);
  const record = new KernelRecord(query)
    .set(query.targetFd, targetNumber(target))
    .set(query.attachType, attachTypeNumber(attachType))
    .set(query.queryFlags, bitsOf(queryFlagBits, queryFlags))
    .point(query.progIds, bytesOf(programs))
    .point(query.linkIds, bytesOf(links))
    .set(query.progCnt, room);
  const result = caller.try("progQuery", record);
  if (isErrno(result, "ENOSPC")) return undefined;
  if (result < 0) {
    const text = `ask which programs are attached to ${targetLabel(target)} (${attachType})`;
    throw caller.failure("progQuery", -result, operation(text, attachType));
  }
  const count = record.get(query.progCnt);
  return {
    programs: [...programs.subarray(0, count)] as ProgramId[],
    links: [...links.subarray(0, count)].filter((id) => id !== 0) as LinkId[],
    attachFlags: wordsOf(attachFlagWords, record.get(query.attachFlags)),
    revision: record.getBig(query.revision),
  };
}

/** Only places with an order of their own tell links; older kernels refuse the pointer. */
const hasLinkIds = (attachType: AttachType): boolean =>
  attachType.startsWith("tcx_") || attachType.startsWith("netkit_");

function bytesOf(numbers: Uint32Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

/** The descriptor of a target, or the number of an interface. */
export function targetNumber(target: Handle | number | undefined): number | undefined {
  return typeof target === "object" ? rawOf(target) : target;
}

/** What messages call a target. */
export function targetLabel(target: Handle | number | undefined): string {
  if (target === undefined) return "the kernel";
  return typeof target === "number" ? `interface ${target}` : fdOf(target).label;
}

function operation(text: string, attachType: AttachType, anchor?: Anchor): Operation {
  return {
    text,
    needs: ["CAP_BPF", "CAP_NET_ADMIN"],
    requires: [
      { feature: `attach type ${attachType}`, since: attachTypeSince[attachType] },
      ...anchorRequirements(attachType, anchor),
    ],
    meanings: attachMeanings,
  };
}
