import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mayBeNull } from "./null-arguments.ts";

describe("arguments of tracepoints", () => {
  it("may be null where the kernel says so", () => {
    assert.ok(mayBeNull("tcp_send_reset", 0) && mayBeNull("tcp_send_reset", 1));
    assert.ok(mayBeNull("kfree_skb", 3) && !mayBeNull("kfree_skb", 0));
    assert.ok(!mayBeNull("sched_switch", 1) && !mayBeNull("toString", 0));
  });
});
