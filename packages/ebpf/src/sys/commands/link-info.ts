/**
 * What the kernel tells of a link: a common head, and a part for each kind of link.
 *
 * The parts are read from the generated layout by the name of the kind: members of `kprobe_multi` are those that begin
 * with `kprobeMulti`. So a link of a kind that comes later needs no code here once the layouts are generated anew.
 * @module
 */
import { cString } from "../../base/bytes.ts";
import type { LinkId, ProgramId } from "../../kernel/handle.ts";
import type { LinkInfo } from "../../kernel/link-info.ts";
import { knownWordOf } from "../call/flags.ts";
import { linkInfo, type Member } from "../generated/attributes.ts";
import {
  attachTypeNumbers,
  linkTypeNumbers,
  perfEventTypeNumbers,
} from "../generated/constants.ts";
import { KernelRecord } from "../call/record.ts";

/** Lets the kernel fill a record about one object, and returns it. */
export type Fetch = (record: KernelRecord) => KernelRecord;

type Details = Record<string, number | bigint | string>;
type Part = ReadonlyMap<string, Member>;

/** Reads the info of one link. */
export function readLinkInfo(fetch: Fetch): LinkInfo {
  const first = fetch(new KernelRecord(linkInfo));
  const number = first.get(linkInfo.type);
  const type = knownWordOf(linkTypeNumbers, number);
  const part = type === undefined ? new Map<string, Member>() : partOf(type, first);
  const { record, names } = fetchNames(fetch, part);
  const attachType = part.get("attachType");
  return {
    kind: "link",
    id: first.get(linkInfo.id) as LinkId,
    type: type ?? `type ${number}`,
    programId: first.get(linkInfo.progId) as ProgramId,
    attachType: attachType && knownWordOf(attachTypeNumbers, record.get(attachType)),
    details: particulars(type, detailsOf(part, record, names), first),
    // Names and types of the details are those of the layouts, which types cannot follow.
  } as LinkInfo;
}

/** What belongs to this very link, of what its kind of link may have. */
function particulars(type: string | undefined, details: Details, record: KernelRecord): Details {
  if (type === "iter") return iteratorDetails(details);
  return type === "perf_event" ? { event: eventOf(record) ?? "unspec", ...details } : details;
}

/** Bounds of different iterators lie in the same place; the name of what it walks over tells which are meant. */
function iteratorDetails(details: Details): Details {
  const targetName = String(details["targetName"]);
  const bounds = iteratorBounds.find(([names]) => names.test(targetName))?.[1] ?? {};
  const own = Object.entries(bounds).map(([name, member]) => [name, details[member]!]);
  return { targetName, ...Object.fromEntries(own) } as Details;
}

const iteratorBounds: readonly (readonly [RegExp, Readonly<Record<string, string>>])[] = [
  [/^task/, { tid: "taskTid", pid: "taskPid" }],
  [/^cgroup$/, { cgroupId: "cgroupCgroupId", order: "cgroupOrder" }],
  [/^(bpf_map_elem|bpf_sk_storage_map|sockmap)$/, { mapId: "mapMapId" }],
];

function eventOf(record: KernelRecord): string | undefined {
  return knownWordOf(perfEventTypeNumbers, record.get(linkInfo.perfEventType));
}

/** Members of the part for links of `type`, without what tells the part. */
function partOf(type: string, record: KernelRecord): Part {
  if (type !== "perf_event") return membersOf(camelCase(type));
  const event = eventOf(record);
  // Probes on return share the part of those on entry.
  return event === undefined
    ? new Map()
    : membersOf(`perfEvent${capitalized(event.replace("ret", ""))}`);
}

function membersOf(prefix: string): Part {
  const { sizeBytes: _, ...members } = linkInfo;
  const beginsWithPrefix = new RegExp(`^${prefix}(?=[A-Z])`);
  return new Map(
    Object.entries<Member>(members)
      .filter(([name]) => beginsWithPrefix.test(name))
      .map(([name, member]) => [uncapitalized(name.replace(beginsWithPrefix, "")), member]),
  );
}

/** Room for a name or path: PATH_MAX. */
const nameBytes = 4096;

/** Members that point to text, each with the member that holds its length. */
const texts: Readonly<Record<string, readonly string[]>> = {
  tpName: ["tpNameLen", "nameLen"],
  targetName: ["targetNameLen"],
  path: ["pathSize"],
  fileName: ["nameLen"],
  funcName: ["nameLen"],
};

/** Members that point to lists, which are not brought. */
const lists: ReadonlySet<string> = new Set(["addrs", "cookies", "offsets", "refCtrOffsets"]);

function fetchNames(
  fetch: Fetch,
  part: Part,
): { readonly record: KernelRecord; readonly names: ReadonlyMap<string, Uint8Array> } {
  const record = new KernelRecord(linkInfo);
  const names = new Map<string, Uint8Array>();
  for (const [name, member] of part) {
    const length = texts[name]?.map((it) => part.get(it)).find((it) => it !== undefined);
    if (length === undefined) continue;
    const buffer = new Uint8Array(nameBytes);
    record.point(member, buffer).set(length, nameBytes);
    names.set(name, buffer);
  }
  return { record: fetch(record), names };
}

function detailsOf(
  part: Part,
  record: KernelRecord,
  names: ReadonlyMap<string, Uint8Array>,
): Details {
  const hidden = new Set(Object.values(texts).flat());
  const details: Details = {};
  for (const [name, member] of part) {
    const text = names.get(name);
    if (text !== undefined) details[name] = cString(text);
    else if (!hidden.has(name) && !lists.has(name) && name !== "attachType") {
      details[name] = member[1] === 8 ? record.getBig(member) : record.get(member);
    }
  }
  return details;
}

const uncapitalized = (word: string): string => word[0]!.toLowerCase() + word.slice(1);
const capitalized = (word: string): string => word[0]!.toUpperCase() + word.slice(1);

function camelCase(word: string): string {
  return word.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}
