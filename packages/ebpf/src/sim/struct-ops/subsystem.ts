/**
 * What the parts of the kernel that call structs of functions ask of them.
 *
 * A congestion control of TCP is judged as net/ipv4/bpf_tcp_ca.c and net/ipv4/tcp_cong.c do. Of others only what holds for all
 * is known: values may be set, functions may be missing, and two of one name exclude each other.
 * @module
 */
import type { StructOpsStore } from "../map/struct-ops-store.ts";
import { failed } from "../errno.ts";

/** One part of the kernel. */
interface Subsystem {
  /** Members beside functions that may be set; left out: all. */
  readonly values?: readonly string[];
  /** 0, or the negated errno for a struct that is not complete. */
  readonly refusal: (ops: StructOpsStore) => number;
  /** Whether it calls what is registered; a negated errno where it only lets tests run the programs. */
  readonly registering: number;
  /** Names that are taken from the start. */
  readonly taken: readonly string[];
  /** Whether another struct of the name may take the place of one under a live link. */
  readonly updatable: boolean;
}

/** TCP_CONG_MASK of include/net/tcp.h: TCP_CONG_NON_RESTRICTED, TCP_CONG_NEEDS_ECN. */
const knownFlags = 3;

const others: Subsystem = { refusal: () => 0, registering: 0, taken: [], updatable: false };

const subsystems: Readonly<Record<string, Subsystem>> = {
  tcp_congestion_ops: {
    values: ["name", "flags"],
    refusal: (ops) => {
      const flags = ops.member("flags")[0] ?? 0;
      if ((flags & ~knownFlags) !== 0 || !/^[\w.]+$/.test(ops.text("name"))) return failed.invalid;
      const { programs } = ops;
      const isComplete = programs.has("ssthresh") && programs.has("undo_cwnd");
      const avoids = programs.has("cong_avoid") || programs.has("cong_control");
      return isComplete && avoids ? 0 : failed.invalid;
    },
    registering: 0,
    taken: ["reno", "cubic"],
    updatable: true,
  },
  bpf_dummy_ops: { ...others, registering: failed.operationNotSupported },
};

/** The part of the kernel that calls the functions of structs of a type. */
export function subsystemOf(type: string): Subsystem {
  return subsystems[type] ?? others;
}

/** Why the kernel refuses a struct when it is written: 0 or a negated errno. */
export function refusalOf(ops: StructOpsStore): number {
  const { values, refusal } = subsystemOf(ops.type.name);
  const isSet = ({ name }: { readonly name: string }): boolean =>
    ops.member(name).some((byte) => byte !== 0);
  const wrong = ops.type.members.some(
    (member) => member.kind === "value" && values?.includes(member.name) === false && isSet(member),
  );
  return wrong ? failed.invalid : refusal(ops);
}
