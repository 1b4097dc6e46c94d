/**
 * What is given to functions that take memory and are checked by themselves, judged by the checker and by the kernel.
 *
 * Left out are objects of the kernel: it takes them as memory, which such functions then write to; the checker does not.
 * @module
 */
import { BtfBuilder } from "../../../btf/testing-builder.ts";
import { describeAgreement, each, type ProgramTypes } from "../testing-agreement.ts";

/** Types of a program whose other functions are global and take 8 bytes. */
function typesOf(): ProgramTypes {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, 1);
  const long = builder.int("long", 8, 1);
  const main = builder.func("main", builder.proto(int, []), 1);
  const other = builder.func("sub", builder.proto(int, [["place", builder.ptr(long)]]), 1);
  return { bytes: builder.build(), functions: [main, other] };
}

const end = "r0 = 0; exit";
const sub = `call sub; ${end}; sub: if r1 == 0 goto out; *(u64 *)(r1 + 0) = 1; out: ${end}`;
const cast = "r1 = 8; r2 = 0; call kernel:bpf_rdonly_cast; r1 = r0";

describeAgreement(
  "memory for functions that are checked by themselves",
  {
    "of the program": [
      ...each([-8, -4, 0], (at) => `r1 = r10; r1 += ${at}; ${sub}`),
      ...each([0, 56, 57], (at) => `r1 = map[array][0]+${at}; ${sub}`),
      `r1 = 0; ${sub}`,
      `r1 = 1; ${sub}`,
    ],
    "of others": [
      `r8 = map[arena]; r1 = 0; r1 = addr_space_cast(r1, 0, 1); ${sub}`,
      `${cast}; ${sub}`,
    ],
  },
  typesOf(),
);

const sleeps = "r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_copy_from_user";
const byKfunc = "r1 = r10; r1 += -8; r2 = 8; r3 = 0; r4 = 0; call kernel:bpf_copy_from_user_str";
const inside = (enter: string, leave: string, body: string): string =>
  `syscall: ${enter}; r1 = 0; call sub; ${leave}; ${end}; sub: ${body}; ${end}`;
const rcu = ["call kernel:bpf_rcu_read_lock", "call kernel:bpf_rcu_read_unlock"] as const;
const preempt = ["call kernel:bpf_preempt_disable", "call kernel:bpf_preempt_enable"] as const;
const irq = ["save", "restore"].map(
  (name) => `r1 = r10; r1 += -8; call kernel:bpf_local_irq_${name}`,
) as [string, string];

describeAgreement(
  "functions that are checked by themselves and sleep",
  {
    "in regions": [sleeps, byKfunc, "r2 = 0", `if r1 == 0 goto over; ${sleeps}; over:`].flatMap(
      (body) => [
        inside(...rcu, body),
        inside(...preempt, body),
        inside(...irq, body),
        inside("r6 = 0", "r6 = 0", body),
      ],
    ),
    "in programs that do not": [
      `call sub; ${end}; sub: ${sleeps}; ${end}`,
      `r1 = 0; call sub; ${end}; sub: ${sleeps}; ${end}`,
      `r1 = 0; call sub; ${end}; sub: if r1 == 0 goto over; ${byKfunc}; over: ${end}`,
    ],
  },
  typesOf(),
);
