import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { u32, u64 } from "../layout/integer.ts";
import { arrayMap, lossCounter } from "./array-map.ts";
import { CollectionParts } from "./collection-spec.ts";
import { hashMap, perCpuHashMap } from "./hash-map.ts";
import { kernelName } from "./kernel-name.ts";
import { program } from "./program.ts";
import { ringbuf } from "./ringbuf.ts";
import { tpBtf, tracepoint } from "./tracepoint.ts";

describe("map specs", () => {
  it("are frozen data", () => {
    const spec = hashMap("counts", u32, u64, { maxEntries: 8, flags: ["no_prealloc"] });
    assert.ok(Object.isFrozen(spec));
    assert.deepEqual(
      { type: spec.type, name: spec.name, maxEntries: spec.maxEntries, flags: spec.flags },
      { type: "hash", name: "counts", maxEntries: 8, flags: ["no_prealloc"] },
    );
  });

  const refuses = (make: () => unknown, message: RegExp): void =>
    assert.throws(
      make,
      (error) => error instanceof InvalidArgumentError && message.test(error.message),
    );

  it("refuse sizes that cannot be meant", () => {
    refuses(() => hashMap("x", u32, u64, 0), /maxEntries of map "x" is 0/);
    refuses(() => arrayMap("x", u64, 1.5), /maxEntries of map "x" is 1.5/);
    refuses(() => arrayMap("x", u64, 2 ** 32), /maxEntries of map "x" is 4294967296/);
    refuses(() => ringbuf("r", u64, 5000), /ring buffer "r": size is 5000 bytes/);
    refuses(() => ringbuf("r", u64, 2048), /size is 2048 bytes/);
  });

  it("may be on a network card, arrays and hashes", () => {
    const options = { maxEntries: 8, offloadTo: "eth0" };
    assert.equal(hashMap("flows", u32, u64, options).offloadTo, "eth0");
    assert.equal(arrayMap("flows", u64, options).offloadTo, "eth0");
    assert.equal("offloadTo" in arrayMap("flows", u64, 8), false);
    refuses(() => hashMap("flows", u32, u64, { ...options, offloadTo: "" }), /offloadTo/);
    refuses(() => perCpuHashMap("flows", u32, u64, options), /map "flows" takes no "offloadTo"/);
  });

  it("refuse empty names", () => {
    refuses(() => hashMap("", u32, u64, 1), /"" is not a name/);
    refuses(() => ringbuf("a\0b", u64, 4096), /is not a name/);
  });
});

describe("kernelName", () => {
  const check = (name: string, expected: string): void => assert.equal(kernelName(name), expected);

  it("keeps what the kernel takes", () => check("exec_events.v2", "exec_events.v2"));
  it("replaces what it refuses", () => check("on-exec ✓", "on_exec__"));
  it("cuts after 15 characters", () => check("a_very_long_name_indeed", "a_very_long_nam"));
});

describe("tracepoint", () => {
  it("takes category and name apart", () =>
    assert.deepEqual(tracepoint("sched/sched_switch", []).target, {
      kind: "tracepoint",
      category: "sched",
      name: "sched_switch",
    }));

  for (const event of ["sched_switch", "/x", "x/", "a/b/c", ""]) {
    it(`refuses ${JSON.stringify(event)}`, () =>
      assert.throws(() => tracepoint(event, []), InvalidArgumentError));
  }
});

describe("CollectionParts", () => {
  it("names programs by their keys, unless they have a name", () => {
    const { programs } = new CollectionParts({
      onExec: tpBtf("sched_process_exec", []),
      other: program("xdp", [], { name: "given" }),
    });
    assert.deepEqual(
      [...programs].map(([key, { name }]) => [key, name]),
      [
        ["onExec", "onExec"],
        ["other", "given"],
      ],
    );
  });

  it("adds loss counters that were left out, once", () => {
    const lost = lossCounter("lost");
    const events = ringbuf("events", u64, { sizeBytes: 4096, lossCounter: lost });
    assert.deepEqual([...new CollectionParts({ events }).maps.keys()], ["events", "lost"]);
    assert.deepEqual(
      [...new CollectionParts({ drops: lost, events }).maps.keys()],
      ["drops", "events"],
    );
  });

  it("refuses two maps of one name", () =>
    assert.throws(
      () => new CollectionParts({ a: hashMap("same", u32, u64, 1), b: arrayMap("same", u64, 1) }),
      /two maps named "same"/,
    ));
});
