/**
 * What programs return, by name: verdicts, by the place a program is for.
 *
 * Numbers are those of include/uapi/linux/bpf.h (`enum xdp_action`, `enum tcx_action_base`, `enum sk_action`,
 * `enum bpf_ret_code`), include/uapi/linux/pkt_cls.h and include/uapi/linux/netfilter.h.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import { didYouMean } from "../../base/text.ts";
import type { AttachTarget } from "../../spec/program-spec.ts";
import type { ProgramType } from "../../spec/words.ts";

const tables = {
  xdp: { aborted: 0, drop: 1, pass: 2, tx: 3, redirect: 4 },
  tcx: { next: -1, pass: 0, drop: 2, redirect: 7 },
  tc: {
    unspec: -1,
    ok: 0,
    reclassify: 1,
    shot: 2,
    pipe: 3,
    stolen: 4,
    queued: 5,
    repeat: 6,
    redirect: 7,
    trap: 8,
  },
  access: { deny: 0, allow: 1 },
  socket: { drop: 0, pass: 1 },
  netfilter: { drop: 0, accept: 1 },
  lwt: { ok: 0, drop: 2, redirect: 7, reroute: 128 },
  dissector: { ok: 0, drop: 2, continue: 129 },
  security: { allow: 0 },
  none: {},
} as const;

type Table = keyof typeof tables;
type WordsOf<Name extends Table> = keyof (typeof tables)[Name] & string;

/** By where programs attach: {@link AttachTarget}. */
const byTarget = {
  xdp: "xdp",
  tcx: "tcx",
  netkit: "tcx",
  tc: "tc",
  cgroup: "access",
  sk_lookup: "socket",
  sockmap: "socket",
  netfilter: "netfilter",
  lwt: "lwt",
  flow_dissector: "dissector",
  lsm: "security",
  lsm_cgroup: "access",
} as const;

/** For programs that say no place. */
const byType: { readonly [Type in ProgramType]?: Table } = {
  xdp: "xdp",
  sched_cls: "tc",
  sched_act: "tc",
  cgroup_skb: "access",
  sk_lookup: "socket",
  sk_skb: "socket",
  sk_msg: "socket",
  sk_reuseport: "socket",
  netfilter: "netfilter",
  flow_dissector: "dissector",
};

/** Names of what a program for such a place can return. */
export type VerdictOf<Target extends AttachTarget> = Target["kind"] extends keyof typeof byTarget
  ? WordsOf<(typeof byTarget)[Target["kind"]]>
  : string;

/** What says which verdicts a program has. */
export interface Judging {
  readonly type: ProgramType;
  readonly target: AttachTarget;
}

/** The name of what was returned; `undefined` when it has none. */
export function verdictName(program: Judging, returned: number): string | undefined {
  return Object.entries(wordsOf(program)).find(([, value]) => value === returned)?.[0];
}

/**
 * The number that a name stands for.
 * @throws {InvalidArgumentError} when programs for this place have no such verdict.
 */
export function verdictNumber(program: Judging, name: string): number {
  const words = wordsOf(program);
  if (Object.hasOwn(words, name)) return words[name]!;
  const names = Object.keys(words);
  const hint =
    names.length === 0
      ? "compare the number that it returns: expectReturn"
      : (didYouMean(name, names) ?? `there are ${names.join(", ")}`);
  throw new InvalidArgumentError(`${program.type} programs have no verdict "${name}"`, { hint });
}

function wordsOf({ type, target }: Judging): Readonly<Record<string, number>> {
  const table: Table = Object.hasOwn(byTarget, target.kind)
    ? byTarget[target.kind as keyof typeof byTarget]
    : (byType[type] ?? "none");
  return tables[table];
}
