import { describe, it } from "node:test";
import { parseBtf } from "../../../btf/btf.ts";
import { BtfBuilder } from "../../../btf/testing-builder.ts";
import { checkLine, type Expected } from "../testing-lines.ts";

const kernelTypes = parseBtf(buildKernel());

function buildKernel(): Uint8Array {
  const builder = new BtfBuilder();
  const nothing = builder.proto(0, []);
  const flags = builder.proto(0, [["flags__irq_flag", builder.ptr(builder.int("long", 8, 1))]]);
  for (const name of ["rcu_read_lock", "rcu_read_unlock", "preempt_disable", "preempt_enable"])
    builder.func(`bpf_${name}`, nothing, 1);
  for (const name of ["save", "restore"]) builder.func(`bpf_local_irq_${name}`, flags, 1);
  return builder.build();
}

const kernel = (name: string): string => `call kernel:bpf_${name}`;
const [lock, unlock] = ["rcu_read_lock", "rcu_read_unlock"].map(kernel);
const [stop, go] = ["preempt_disable", "preempt_enable"].map(kernel);
const save = (at: number): string => `r1 = r10; r1 += ${at}; ${kernel("local_irq_save")}`;
const restore = (at: number): string => `r1 = r10; r1 += ${at}; ${kernel("local_irq_restore")}`;
const copy = "r1 = r10; r1 += -64; r2 = 8; r3 = 0; call bpf_copy_from_user";

function check(line: string, expected: Expected): void {
  checkLine(`${line}; r0 = 0; exit`, expected, { kernelTypes });
}

describe("regions", () => {
  it("are left as often as they were entered", () => {
    check(`${lock}; ${unlock}; ${stop}; ${stop}; ${go}; ${go}`, "accepted");
    check(lock!, /cannot be used inside bpf_rcu_read_lock-ed region/);
    check(stop!, /cannot be used inside bpf_preempt_disable-ed region/);
    check(unlock!, /unmatched rcu read unlock/);
    check(go!, /unmatched attempt to enable preemption/);
    check(`${lock}; ${lock}`, /nested rcu read lock/);
  });

  it("are no places to sleep in", () => {
    check(`syscall: ${copy}`, "accepted");
    check(`syscall: ${lock}; ${copy}; ${unlock}`, /sleepable helper in rcu_read_lock region/);
    check(`syscall: ${stop}; ${copy}; ${go}`, /sleepable helper in non-preemptible region/);
    check(
      `syscall: ${save(-8)}; ${copy}; ${restore(-8)}`,
      /sleepable helper in IRQ-disabled region/,
    );
  });
});

describe("interrupts", () => {
  it("are switched back in the opposite order", () => {
    check(`${save(-8)}; ${save(-16)}; ${restore(-16)}; ${restore(-8)}`, "accepted");
    check(
      `${save(-8)}; ${save(-16)}; ${restore(-8)}; ${restore(-16)}`,
      /restore irq state out of order/,
    );
    check(save(-8), /cannot be used inside bpf_local_irq_save-ed region/);
  });

  it("are kept on the stack, where nobody else looks", () => {
    check(save(-12), /doesn't point to an irq flag on stack/);
    check(`${save(-8)}; ${save(-8)}`, /expected uninitialized irq flag/);
    check(restore(-8), /expected an initialized irq flag/);
    check(`${save(-8)}; *(u64 *)(r10 - 8) = 0; ${restore(-8)}`, /expected an initialized irq flag/);
    check(`${save(-8)}; r0 = *(u64 *)(r10 - 8); ${restore(-8)}`, /invalid read from stack/);
  });
});
