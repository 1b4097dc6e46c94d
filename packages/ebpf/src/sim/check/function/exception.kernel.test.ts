/**
 * Exceptions, and tables of functions, judged by the checker and by the kernel.
 * @module
 */
import { BtfBuilder } from "../../../btf/testing-builder.ts";
import { describeAgreement, each, type ProgramTypes } from "../testing-agreement.ts";

const [isStatic, isGlobal] = [0, 1];

/** How functions of a program are typed. */
interface Shape {
  /** Words of tags of the main function. */
  readonly tags?: readonly string[];
  /** The function for exceptions. */
  readonly handler?: { readonly linkage: number; readonly parameters: number };
  /** Whether other functions return a number, and how they are linked. */
  readonly others?: { readonly returns: "nothing" | "number"; readonly linkage: number };
}

/** Types of a program with functions in this order: the main one, others or that for exceptions. */
function typesOf({ tags = [], handler, others }: Shape): ProgramTypes {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, 1);
  const long = builder.int("unsigned long long", 8);
  const main = builder.func("main", builder.proto(int, []), isGlobal);
  for (const tag of tags) builder.declTag(tag, main);
  const parameter = (index: number): readonly [string, number] => [`p${index}`, long];
  const parameters = Array.from({ length: handler?.parameters ?? 0 }, (_, index) =>
    parameter(index),
  );
  const proto = builder.proto(others?.returns === "nothing" ? 0 : int, parameters);
  const linkage = handler?.linkage ?? others?.linkage ?? isStatic;
  const other = builder.func(handler === undefined ? "other" : "handler", proto, linkage);
  const known = { bytes: builder.build(), functions: [main, other] };
  return handler === undefined ? known : { ...known, lastIsEntry: true };
}

const end = "r0 = 0; exit";
const raise = (cookie: number | string = 0): string => `r1 = ${cookie}; call kernel:bpf_throw`;
const acquire = "r1 = 1; call kernel:bpf_task_from_pid; if r0 == 0 goto out; r6 = r0";
const giveBack = "r1 = r6; call kernel:bpf_task_release; out:";
const enter = (what: string): string => `call kernel:bpf_${what}`;
const loop = "r1 = 4; r2 = subprog[sub]; r3 = 0; r4 = 0; call bpf_loop";

describeAgreement(
  "exceptions, by the checker and by the kernel",
  {
    "end the program": [
      `${raise()}; ${end}`,
      `r6 = *(u32 *)(r1 + 16); ${raise("r6")}; ${end}`,
      ...each([0, 1, 2, 3], (cookie) => `cgroup_skb/cgroup_inet_ingress: ${raise(cookie)}; ${end}`),
      `cgroup_skb/cgroup_inet_ingress: r6 = *(u32 *)(r1 + 0); ${raise("r6")}; ${end}`,
      `raw_tracepoint: ${raise()}; ${end}`,
      `r1 = r10; call kernel:bpf_throw; ${end}`,
      `call kernel:bpf_throw; ${end}`.replace("call", "r1 = r2; call"),
    ],
    "with nothing held": [
      `${acquire}; ${raise()}; ${giveBack} ${end}`,
      `${acquire}; ${giveBack} ${raise()}; ${end}`,
      `${enter("rcu_read_lock")}; ${raise()}; ${enter("rcu_read_unlock")}; ${end}`,
      `sched_cls: ${enter("preempt_disable")}; ${raise()}; ${enter("preempt_enable")}; ${end}`,
    ],
    "in functions that are followed": [
      `call sub; ${end}; sub: ${raise()}; ${end}`,
      `${acquire}; call sub; ${giveBack} ${end}; sub: ${raise()}; ${end}`,
      `cgroup_skb/cgroup_inet_ingress: call sub; ${end}; sub: ${raise(5)}; ${end}`,
      `sched_cls: ${loop}; ${end}; sub: ${raise()}; ${end}`,
      `sched_cls: ${loop}; ${end}; sub: call deep; ${end}; deep: ${raise()}; ${end}`,
      `sched_cls: ${loop}; ${end}; sub: ${end}`,
    ],
  },
  typesOf({}),
);

describeAgreement(
  "exceptions in functions that are checked by themselves",
  {
    "end the program": [
      `call sub; ${end}; sub: ${raise()}; ${end}`,
      `cgroup_skb/cgroup_inet_ingress: call sub; ${end}; sub: ${raise(5)}; ${end}`,
    ],
    "whatever is held where they are called": [
      `${acquire}; call sub; ${giveBack} ${end}; sub: ${raise()}; ${end}`,
      `${enter("rcu_read_lock")}; call sub; ${enter("rcu_read_unlock")}; ${end}; sub: ${raise()}; ${end}`,
      `${acquire}; call sub; ${giveBack} ${end}; sub: ${end}`,
    ],
  },
  typesOf({ others: { returns: "number", linkage: isGlobal } }),
);

const handled = [
  `${raise()}; ${end}; handler: r0 = r1; exit`,
  `${end}; handler: r0 = r1; exit`,
  `${raise()}; ${end}; handler: exit`,
  `cgroup_skb/cgroup_inet_ingress: ${raise(9)}; ${end}; handler: r0 = r1; exit`,
  `cgroup_skb/cgroup_inet_ingress: ${raise(9)}; ${end}; handler: r0 = 1; exit`,
  `cgroup_skb/cgroup_inet_ingress: ${raise(9)}; ${end}; handler: r0 = 2; exit`,
  `${raise()}; ${end}; handler: ${raise()}; ${end}`,
  `r1 = 0; call handler; ${end}; handler: r0 = r1; exit`,
  `${raise()}; ${end}; handler: r0 = *(u64 *)(r10 - 520); exit`,
];

for (const [name, parameters, linkage, tags] of [
  ["a function for exceptions", 1, isGlobal, ["exception_callback:handler"]],
  ["one that takes two numbers", 2, isGlobal, ["exception_callback:handler"]],
  ["one that is not global", 1, isStatic, ["exception_callback:handler"]],
  ["one that is not there", 1, isGlobal, ["exception_callback:nobody"]],
  ["two of them", 1, isGlobal, ["exception_callback:handler", "exception_callback:main"]],
] as const) {
  const types = typesOf({ handler: { linkage, parameters }, tags });
  describeAgreement(`exceptions, and ${name}`, { "is called with what is thrown": handled }, types);
}

const early = ["r2 = map[programs]; r3 = 0; call bpf_tail_call", "r6 = r1; r0 = *(u8 *)skb[0]"].map(
  (what) => `sched_cls: call sub; ${end}; sub: ${what}; ${end}`,
);
describeAgreement(
  "functions that end early and return nothing",
  { "are refused": early },
  typesOf({ others: { returns: "nothing", linkage: isStatic } }),
);
describeAgreement(
  "functions that end early and return a number",
  { "are taken": early },
  typesOf({}),
);
describeAgreement("functions of which nothing is known", {
  "must not end early": early,
  "are not given to others": [`sched_cls: ${loop}; ${end}; sub: ${end}`],
});
