/**
 * What processes of a control group do, and its programs decide on: addresses, sockets, options, devices, settings.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import { didYouMean } from "../../base/text.ts";
import { attachTypes } from "../../spec/generated/words.ts";
import type { AttachType } from "../../spec/words.ts";
import { rootCgroup } from "../attach/file.ts";
import type { Attachment } from "../attach/attachments.ts";
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import type { Invocation } from "../helper/context.ts";
import { leastHeader, mostHeader, type SegmentHeader } from "../helper/header-options.ts";
import { contextAccess, type Field, type Fields } from "../run/packet-context.ts";
import type { FoundObject, GivenObject } from "../typed/given.ts";
import { readStruct } from "../typed/typed-reader.ts";
import { type Ran, runAttached, type Run, toldOf } from "./run.ts";
import { Scope } from "./scope.ts";

/** What programs of a control group decided. */
export interface CgroupDecision {
  readonly runs: readonly Run[];
  /** Whether the process may do it. */
  readonly allowed: boolean;
  /** What the process gets: 0, or a negated errno. */
  readonly result: number;
  /** The context as programs left it. */
  readonly context: FoundObject;
  /** Of options of sockets: the value as programs left it, as long as the context says. */
  readonly optval?: Uint8Array;
  /** Of socket operations with a header of TCP: the header as programs left it, and bytes they reserved for options. */
  readonly tcp?: { readonly header: Uint8Array; readonly reserved: number };
}

/** The header of TCP that a socket operation is about. */
export interface GivenSegment {
  /** The header of the segment that came in or goes out; one without options when left out. */
  readonly header?: Uint8Array;
  /** That of the connection's first segment, where it was kept. */
  readonly syn?: Uint8Array;
  /** Bytes that options may take: what is left of 40 when left out. */
  readonly room?: number;
}

/** Where it happens. */
export interface CgroupEventOptions {
  /** Folder of the control group; that of the current process when left out. */
  readonly cgroup?: string;
  /** For `cgroup_sock_ops`: the segment that programs see. */
  readonly tcp?: GivenSegment;
}

/** What else programs find in their run. */
interface FireOptions extends CgroupEventOptions {
  readonly given?: Partial<Invocation>;
}

/** Runs the programs of a control group at a place such as `cgroup_inet4_connect`. */
export function fireCgroup(
  core: Core,
  type: AttachType,
  fields: GivenObject,
  { cgroup, tcp, given: others }: FireOptions = {},
): CgroupDecision {
  using scope = new Scope(core);
  const segment = tcp && segmentOf(tcp);
  const given = segment === undefined ? others : { ...others, segment };
  const struct = structFor(type);
  const all = struct === "bpf_sockopt" ? withBuffer(scope, fields) : fields;
  const { address, bytes } = groupContext(scope, struct, { fields: all, segment });
  const attached = core.cgroupAttachments(type, groupOf(core, cgroup));
  const before = Number(fields["retval"] ?? 0);
  const { ran, returned } = runForGroup(core, attached, address, { given, before });
  if (struct === "bpf_sockopt") viewOf(bytes).setInt32(retvalOffset, returned, true);
  const context = readStruct(core.types.contexts, struct, bytes);
  const result = alwaysAllowed(type) ? 0 : Math.min(returned, 0);
  const decision: CgroupDecision = {
    runs: toldOf(ran),
    allowed: result === 0,
    result,
    context,
    ...(segment && { tcp: leftOf(segment, tcp) }),
  };
  if (!(fields["optval"] instanceof Uint8Array)) return decision;
  const length = Math.min(Math.max(Number(context["optlen"]), 0), fields["optval"].length);
  const optval = scope.placement.bytesAt(context["optval"] as bigint, length).slice();
  return { ...decision, optval };
}

/** Where `struct bpf_sockopt` has what the process gets, which is that of the run. */
const retvalOffset = 36;

function groupContext(
  { core, contexts, placement }: Scope,
  struct: string,
  {
    fields,
    segment,
  }: { readonly fields: GivenObject; readonly segment: SegmentHeader | undefined },
): { readonly address: bigint; readonly bytes: Uint8Array } {
  const { id, size } = core.types.contexts.typeByName(struct, "struct");
  const bytes = new Uint8Array(size);
  contexts.write({ bytes, offset: 0, name: struct }, id, fields);
  const retval: Field = {
    size: 4,
    read: () => BigInt.asUintN(32, BigInt(core.current.returnValue)),
    write: (value) => (core.current.returnValue = Number(BigInt.asIntN(32, value))),
  };
  const special =
    struct === "bpf_sockopt"
      ? { [retvalOffset]: retval }
      : segment === undefined
        ? {}
        : segmentFields(core, segment, placement.allocate("header of TCP", segment.bytes));
  const access = contextAccess(bytes, special, core.packet);
  return { address: placement.allocate("context", bytes, { access }), bytes };
}

/**
 * Runs all programs of a group, in order: each finds what the process would get by then, and may change it. One that returns 0
 * makes it -EPERM, unless it is an error already (`bpf_prog_run_array_cg` of kernel/bpf/cgroup.c).
 */
export function runForGroup(
  core: Core,
  attached: readonly Attachment[],
  context: bigint,
  {
    given = {},
    before = 0,
  }: { readonly given?: Partial<Invocation> | undefined; readonly before?: number } = {},
): { readonly ran: readonly Ran[]; readonly returned: number } {
  const ran: Ran[] = [];
  let returned = before;
  for (const attachment of attached) {
    const [run] = runAttached(core, [attachment], context, {
      given: { ...given, returnValue: returned },
    });
    if (run === undefined) continue;
    ran.push(run);
    returned = run.invocation.returnValue;
    if ((run.value & 1) === 0 && returned >= 0) returned = failed.noPermission;
  }
  return { ran, returned };
}

/** Number of a group's folder. @throws {InvalidArgumentError} when there is none. */
export function groupOf(core: Core, folder: string | undefined): bigint {
  if (folder === undefined) return core.world.task.cgroupId ?? 1n;
  const found = core.files.open(folder)?.cgroupId;
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`there is no control group ${folder}`, {
    hint: `add it with addCgroup; ${rootCgroup} is there`,
  });
}

/** `struct bpf_sockopt` names the end of the value, which is given as bytes. */
function withBuffer(scope: Scope, fields: GivenObject): GivenObject {
  const { optval } = fields;
  if (!(optval instanceof Uint8Array)) return fields;
  const address = scope.placement.place(optval);
  return {
    optlen: optval.length,
    ...fields,
    optval: address,
    optval_end: address + BigInt(optval.length),
  };
}

/** @throws {InvalidArgumentError} when it cannot be the header of a segment. */
function segmentOf({ header = usualHeader, syn, room }: GivenSegment): SegmentHeader {
  for (const given of [header, syn ?? usualHeader]) {
    if (given.length >= leastHeader && given.length <= mostHeader) continue;
    throw new InvalidArgumentError(`a header of TCP cannot have ${given.length} bytes`, {
      hint: `it has ${leastHeader} to ${mostHeader}`,
    });
  }
  const bytes = new Uint8Array(mostHeader);
  bytes.set(header);
  return { bytes, length: header.length, syn, room: room ?? mostHeader - header.length };
}

const usualHeader = new Uint8Array(leastHeader).fill(0x50, 12, 13);

function leftOf(
  { bytes, length, room }: SegmentHeader,
  given: GivenSegment = {},
): NonNullable<CgroupDecision["tcp"]> {
  const written = length - (given.header ?? usualHeader).length;
  const before = segmentOf(given).room;
  return { header: bytes.slice(0, length), reserved: before - room - written };
}

/** Where programs find the segment, whose end moves as options are written. */
function segmentFields(core: Core, segment: SegmentHeader, start: bigint): Fields {
  const offsetOf = (member: string): number =>
    core.types.contexts.member("bpf_sock_ops", member).offset;
  return {
    [offsetOf("skb_data")]: { size: 8, read: () => start },
    [offsetOf("skb_data_end")]: { size: 8, read: () => start + BigInt(segment.length) },
  };
}

function alwaysAllowed(type: AttachType): boolean {
  return type === "cgroup_sock_ops" || type === "cgroup_inet_sock_release";
}

/** @throws {InvalidArgumentError} when it is no place of control groups. */
function structFor(type: AttachType): string {
  if (type === "cgroup_sock_ops") return "bpf_sock_ops";
  if (type === "cgroup_device") return "bpf_cgroup_dev_ctx";
  if (type === "cgroup_sysctl") return "bpf_sysctl";
  if (type.endsWith("sockopt")) return "bpf_sockopt";
  if (/_post_bind$|_sock_(create|release)$/.test(type)) return "bpf_sock";
  if (/^cgroup_(inet|udp|unix)/.test(type) && !type.endsWith("gress")) return "bpf_sock_addr";
  const names = attachTypes.filter((it) => it.startsWith("cgroup_"));
  throw new InvalidArgumentError(`"${type}" is no place of control groups that has fields`, {
    hint: didYouMean(type, names) ?? "packets are given with fire.cgroupPacket",
  });
}
