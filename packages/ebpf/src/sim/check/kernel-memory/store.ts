/**
 * Stores into objects of the kernel: which members of which structs programs of which types may write.
 *
 * Everything else is read only. The lists are those of the `btf_struct_access` functions of Linux 6.18: of
 * net/ipv4/bpf_tcp_ca.c, net/bpf/bpf_dummy_struct_ops.c and net/netfilter/nf_conntrack_bpf.c.
 * @module
 */
import type { Btf } from "../../../btf/btf.ts";
import type { BtfMember } from "../../../btf/type.ts";
import { memberName } from "../context/function-arguments.ts";
import type { CheckedProgram } from "../program.ts";
import { Refusal, Undecided } from "../refusal.ts";
import type { TypeRef } from "../state/value.ts";

/** A place in an object of the kernel. */
export interface StoredPlace {
  readonly offset: number;
  readonly size: number;
}

/** Members by struct, through members without names and those that are structs. */
type Writable = Readonly<Record<string, readonly string[] | "all">>;

const connections: Writable = { nf_conn: ["mark"], nf_conn___init: ["mark"] };

const byType: { readonly [Type in CheckedProgram["type"]]?: Writable } = {
  sched_cls: connections,
  sched_act: connections,
  xdp: connections,
};

/** By the struct of functions that a program is made for. */
const byStruct: Readonly<Record<string, Writable>> = {
  tcp_congestion_ops: {
    tcp_sock: (
      "sk_pacing_rate sk_pacing_status icsk_ca_priv icsk_ack.pending snd_cwnd snd_cwnd_cnt " +
      "snd_cwnd_stamp snd_ssthresh ecn_flags app_limited"
    ).split(" "),
  },
  bpf_dummy_ops: { bpf_dummy_ops_state: "all" },
};

/** Refuses a store that is not allowed. */
export function assertStore(
  program: CheckedProgram,
  { types, id }: TypeRef,
  { offset, size }: StoredPlace,
): void {
  const { name } = types.typeById(id);
  const paths = writableIn(program)[name];
  if (paths === undefined) throw new Refusal("only read is supported");
  const where = `write access at off ${offset} with size ${size}`;
  if (paths === "all") {
    if (offset + size <= types.size(id)) return;
    throw new Refusal(`${where} beyond struct ${name}`);
  }
  const members = paths.map((path) => placeOf(types, id, path.split(".")));
  const member = members.find((it) => it !== undefined && isStart(it, offset));
  if (member === undefined) throw new Refusal(`no write support to ${name} at off ${offset}`);
  const end = member.offset + member.size;
  if (offset + size > end)
    throw new Refusal(`${where} beyond the member of ${name} ended at ${end}`);
}

/** Members are written from their start on, arrays from anywhere. */
function isStart({ offset, size, isArray }: MemberPlace, at: number): boolean {
  return isArray ? at >= offset && at < offset + size : at === offset;
}

function writableIn(program: CheckedProgram): Writable {
  if (program.type !== "struct_ops") return byType[program.type] ?? {};
  const [struct = ""] = memberName(program)?.split(".") ?? [];
  const writable = byStruct[struct];
  if (writable === undefined) throw new Undecided(`stores of programs for ${struct}`);
  return writable;
}

interface MemberPlace extends StoredPlace {
  readonly isArray: boolean;
}

/** Where a member is; it is looked for in what lies at the start too, as sockets of TCP begin with others. */
function placeOf(types: Btf, id: number, path: readonly string[]): MemberPlace | undefined {
  const struct = types.resolve(id);
  if (struct.kind !== "struct" && struct.kind !== "union") return undefined;
  const [name, ...rest] = path;
  for (const member of struct.members) {
    const start = member.bitOffset / 8;
    const found =
      member.name === name
        ? memberPlace(types, member, rest)
        : member.name === "" || start === 0
          ? placeOf(types, member.type, path)
          : undefined;
    if (found !== undefined) return { ...found, offset: found.offset + start };
  }
  return undefined;
}

function memberPlace(
  types: Btf,
  { type }: BtfMember,
  rest: readonly string[],
): MemberPlace | undefined {
  if (rest.length > 0) return placeOf(types, type, rest);
  return { offset: 0, size: types.size(type), isArray: types.resolve(type).kind === "array" };
}
