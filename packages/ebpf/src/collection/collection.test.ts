import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { createSimulatedKernel } from "../sim/simulated-kernel.ts";
import { u32 } from "../layout/integer.ts";
import { hashMap } from "../spec/hash-map.ts";
import { syscall } from "../spec/syscall.ts";
import { rawTracepoint } from "../spec/tracepoint.ts";
import { xdp } from "../spec/xdp.ts";
import { compileAndLoad, type LoadCollectionOptions } from "./load.ts";

const onSwitch = rawTracepoint("sched_switch", () => {
  "use bpf";
  return 0;
});
const onCall = rawTracepoint("sys_enter", () => {
  "use bpf";
  return 0;
});

const counts = hashMap("counts", u32, u32, 8);

const load = (options: LoadCollectionOptions = {}) =>
  compileAndLoad(createSimulatedKernel(), { onSwitch, onCall }, options);

const isRefusal = (message: RegExp) => (error: unknown) =>
  error instanceof InvalidArgumentError && message.test(error.format());

describe("a collection", () => {
  it("detaches by name, or everything", async () => {
    await using loaded = await load();
    loaded.attach();
    loaded.detach("onCall");
    assert.deepEqual([...loaded.links.keys()], ["onSwitch"]);
    loaded.attach("onCall");
    loaded.detach();
    assert.equal(loaded.links.size, 0);
  });
  it("refuses names of nothing that is attached", async () => {
    await using loaded = await load();
    loaded.attach("onCall");
    const detach = (name: unknown) => () => loaded.detach(name as string);
    assert.throws(detach("onSwitch"), isRefusal(/nothing called "onSwitch" is attached/));
    assert.throws(detach("onCal"), isRefusal(/hint: did you mean "onCall"/));
    assert.deepEqual([...loaded.links.keys()], ["onCall"]);
  });
  it("says why there is nothing to attach", async () => {
    const pass = xdp(() => {
      "use bpf";
      return 2;
    });
    const run = syscall(u32, () => {
      "use bpf";
      return 0;
    });
    await using loaded = await compileAndLoad(createSimulatedKernel(), { pass, run });
    const expected = /says where it attaches\n {2}hint: program "pass" .*: say \{ interface/;
    assert.throws(() => loaded.attach(), isRefusal(expected));
    assert.throws(() => loaded.attach(), isRefusal(/"run" .*run it: program\.run\(\{ context/));
    assert.deepEqual([...loaded.unplaced.keys()], ["pass", "run"]);
    await using maps = await compileAndLoad(createSimulatedKernel(), { counts });
    assert.throws(() => maps.attach(), isRefusal(/has no programs/));
  });
  it("attaches what says where, and tells the rest", async () => {
    const pass = xdp(() => {
      "use bpf";
      return 2;
    });
    await using loaded = await compileAndLoad(createSimulatedKernel(), { onSwitch, pass });
    loaded.attach();
    assert.deepEqual([...loaded.links.keys()], ["onSwitch"]);
    assert.deepEqual([...loaded.unplaced.keys()], ["pass"]);
  });
  it("says where one says where a program attaches", async () => {
    await using loaded = await load();
    const attach = () => loaded.attach({ interface: "lo" } as unknown as string);
    assert.throws(attach, isRefusal(/named by text, and this is an object\n {2}hint: where one/));
  });
  it("refuses options of compiling that cannot be meant", async () => {
    const check = (options: object, message: RegExp) =>
      assert.rejects(load(options), isRefusal(message));
    await check(
      { isaVersion: 9 },
      /no version 9 of the instruction set\n {2}hint: there are 1, 2, 3/,
    );
    await check({ optimize: "ful" }, /how to optimize is "ful"\n {2}hint: did you mean "full"/);
  });
});
