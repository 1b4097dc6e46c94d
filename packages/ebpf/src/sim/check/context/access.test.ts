import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkLine, type Expected } from "../testing-lines.ts";
import { mayAccessContext, mayAccessSocket } from "./access.ts";

function check(line: string, expected: Expected): void {
  checkLine(`${line}; r0 = 1; exit`, expected);
}

describe("accesses of contexts", () => {
  it("are allowed where the kernel allows them", () => {
    check("sched_cls: r2 = *(u8 *)(r1 + 0)", "accepted");
    check("sched_cls: r2 = *(u64 *)(r1 + 0)", /invalid bpf_context access off=0 size=8/);
    check("sched_cls: *(u32 *)(r1 + 8) = 1", "accepted");
    check("sched_cls: *(u32 *)(r1 + 0) = 1", /invalid bpf_context access off=0 size=4/);
    check("sk_skb: *(u32 *)(r1 + 48) = 1", /invalid bpf_context access off=48 size=4/);
    check("xdp: r2 = *(u32 *)(r1 + 20)", /invalid bpf_context access off=20 size=4/);
    check("raw_tracepoint: r2 = *(u64 *)(r1 + 88)", "accepted");
    check("raw_tracepoint: r2 = *(u64 *)(r1 + 96)", /invalid bpf_context access off=96 size=8/);
  });

  it("depend on the place", () => {
    const type = "cgroup_sock_addr";
    const read = { offset: 4, size: 4, write: false };
    const on = (expectedAttachType: "cgroup_inet4_connect" | "cgroup_inet6_connect"): unknown =>
      mayAccessContext({ type, expectedAttachType }, read);
    assert.equal(on("cgroup_inet4_connect"), true);
    assert.equal(on("cgroup_inet6_connect"), false);
    assert.equal(mayAccessContext({ type: "kprobe" }, read), undefined);
  });

  it("of sockets are reads", () => {
    assert.equal(mayAccessSocket("tcp_sock", { offset: 80, size: 8, write: false }), true);
    assert.equal(mayAccessSocket("tcp_sock", { offset: 80, size: 4, write: false }), false);
    assert.equal(mayAccessSocket("sock", { offset: 0, size: 4, write: true }), false);
    assert.equal(mayAccessSocket("mem", { offset: 0, size: 4, write: false }), false);
  });
});
