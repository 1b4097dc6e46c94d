import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { createSimulatedKernel } from "../sim/simulated-kernel.ts";
import { rawTracepoint } from "../spec/tracepoint.ts";
import { compileAndLoad, type LoadCollectionOptions } from "./load.ts";

const onSwitch = rawTracepoint("sched_switch", () => {
  "use bpf";
  return 0;
});
const onCall = rawTracepoint("sys_enter", () => {
  "use bpf";
  return 0;
});

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
