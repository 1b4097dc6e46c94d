import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mov } from "../asm/alu.ts";
import { assemble } from "../asm/assemble.ts";
import { exit } from "../asm/call.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { compileAndLoad } from "../collection/load.ts";
import { u32, u64 } from "../layout/integer.ts";
import { createSimulatedKernel } from "../sim/simulated-kernel.ts";
import { global } from "../spec/global-spec.ts";
import { structOps, type StructOpsSpec } from "../spec/struct-ops.ts";

const started = global("started", u64, 0n);
const acked = global("acked", u64, 0n);
const minimum = global("minimum", u32, 4);

/** A congestion control that counts, and answers with a number of its own. */
const control = (name: string): StructOpsSpec =>
  structOps({
    type: "tcp_congestion_ops",
    members: {
      name,
      init: (sk) => {
        "use bpf";
        if (sk.sk_protocol === 6) started.value += 1n;
      },
      ssthresh: () => {
        "use bpf";
        return minimum.value;
      },
      undo_cwnd: () => {
        "use bpf";
        return 2;
      },
      cong_avoid: (_sk, ack, count) => {
        "use bpf";
        if (ack > 100) acked.value += u64(count);
      },
    },
  });

const type = "tcp_congestion_ops";

describe("a struct of functions on the simulated kernel", () => {
  it("is called while it is registered, with arguments of the kernel's types", async () => {
    const kernel = createSimulatedKernel();
    using loaded = await compileAndLoad(kernel, { started, acked, minimum, ops: control("own") });
    const sk = { sk_protocol: 6 };
    assert.deepEqual(kernel.fire.structOps({ type, member: "init", args: [sk] }).runs, []);
    loaded.attach();
    const { runs } = kernel.fire.structOps({ type, member: "init", args: [sk] });
    assert.deepEqual(
      runs.map(({ program }) => program),
      ["ops_init"],
    );
    kernel.fire.structOps({ type, member: "init", args: [{ sk_protocol: 17 }] });
    assert.equal(loaded.started.value, 1n);
    kernel.fire.structOps({ type, member: "cong_avoid", args: [sk, 101, 7] });
    kernel.fire.structOps({ type, member: "cong_avoid", args: [sk, 99, 7] });
    assert.equal(loaded.acked.value, 7n);
    loaded.minimum.value = 9;
    assert.equal(kernel.fire.structOps({ type, member: "ssthresh", args: [sk] }).result, 9n);
    loaded.detach();
    assert.deepEqual(kernel.fire.structOps({ type, member: "ssthresh", args: [sk] }), {
      runs: [],
      result: 0n,
    });
  });

  it("is one of several, by its name", async () => {
    const kernel = createSimulatedKernel();
    const maps = { started, acked, minimum };
    using first = await compileAndLoad(kernel, { ...maps, ops: control("first") });
    using second = await compileAndLoad(kernel, { ...maps, ops: control("second") });
    first.attach();
    second.attach();
    second.minimum.value = 11;
    const call = { type, member: "ssthresh" };
    assert.equal(kernel.fire.structOps({ ...call, name: "first" }).result, 4n);
    assert.equal(kernel.fire.structOps({ ...call, name: "second" }).result, 11n);
    assert.deepEqual(kernel.fire.structOps({ ...call, name: "third" }).runs, []);
    assert.throws(() => kernel.fire.structOps(call), /2 structs tcp_congestion_ops are registered/);
  });

  it("has functions that the kernel has", () => {
    const kernel = createSimulatedKernel();
    const call = (member: string, of = type) => kernel.fire.structOps({ type: of, member });
    assert.throws(() => call("sstresh"), InvalidArgumentError);
    assert.throws(() => call("flags"), InvalidArgumentError);
    assert.throws(() => call("init", "tcp_congestion_op"), InvalidArgumentError);
    // A function that nobody has written does nothing.
    assert.deepEqual(call("release"), { runs: [], result: 0n });
  });

  it("gives results as long as the function's are", async () => {
    const kernel = createSimulatedKernel();
    const code = assemble([mov("r0", -1), exit()]);
    const members = { name: "wide", ssthresh: code, undo_cwnd: code, cong_avoid: code };
    using loaded = await compileAndLoad(kernel, { ops: structOps({ type, members }) });
    loaded.attach();
    assert.equal(kernel.fire.structOps({ type, member: "ssthresh" }).result, 0xffff_ffffn);
    assert.equal(kernel.fire.structOps({ type, member: "cong_avoid" }).result, 0n);
  });
});
