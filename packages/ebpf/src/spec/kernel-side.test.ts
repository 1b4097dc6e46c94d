import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { chars } from "../layout/chars.ts";
import { u32, u64 } from "../layout/integer.ts";
import { struct } from "../layout/struct.ts";
import { arrayMap, perCpuArrayMap } from "./array-map.ts";
import { config, global } from "./global-spec.ts";
import { hashMap } from "./hash-map.ts";
import { installKernelSide, type KernelSide, kernelSide } from "./kernel-side.ts";
import { progArray } from "./prog-array.ts";
import { bloomFilter, queueMap } from "./queue-map.ts";
import { devmap } from "./redirect-map.ts";
import { ringbuf } from "./ringbuf.ts";
import { sockhash } from "./sockmap.ts";
import { stackTraceMap } from "./stack-trace-map.ts";
import { taskStorage } from "./storage-map.ts";

const Event = struct("event", { pid: u32, comm: chars(16) });
const counts = hashMap("counts", u32, u64, 8);
const events = ringbuf("events", Event, 4096);

/** Plays the kernel by writing down what it is asked. */
function recorder(): { readonly side: KernelSide; readonly calls: unknown[][] } {
  const calls: unknown[][] = [];
  const side = new Proxy({} as KernelSide, {
    get:
      (_, name) =>
      (map: { readonly name: string }, ...given: unknown[]) => {
        calls.push([name, map.name, ...given]);
        return 0;
      },
  });
  return { side, calls };
}

afterEach(() => void installKernelSide(undefined));

describe("what programs do with maps", () => {
  it("throws outside of a program", () => {
    for (const call of [
      () => counts.lookup(1),
      () => events.reserve(),
      () => kernelSide().pop(counts),
    ]) {
      assert.throws(
        call,
        (error) =>
          error instanceof InvalidArgumentError &&
          /outside of a kernel program/.test(error.message),
      );
    }
  });

  const check = (call: () => unknown, ...expected: unknown[]): void => {
    const { side, calls } = recorder();
    installKernelSide(side);
    call();
    assert.deepEqual(calls, [expected]);
  };
  const context = {};
  const event = { pid: 1, comm: "node" };

  it("looks up", () => check(() => counts.lookup(1), "lookup", "counts", 1));
  it("updates", () => check(() => counts.update(1, 2n), "update", "counts", 1, 2n, "any"));
  it("updates with a mode", () =>
    check(() => counts.update(1, 2n, "noexist"), "update", "counts", 1, 2n, "noexist"));
  it("deletes", () => check(() => counts.delete(3), "delete", "counts", 3));
  it("reads other CPUs", () =>
    check(() => perCpuArrayMap("c", u64, 1).lookupPercpu(0, 2), "lookupPercpu", "c", 0, 2));
  it("submits", () => check(() => events.submit(event), "submit", "events", event, "auto"));
  it("outputs", () =>
    check(() => events.output(event, "no_wakeup"), "output", "events", event, "no_wakeup"));
  it("queries", () => check(() => events.query("avail_data"), "query", "events", "avail_data"));
  it("pushes", () => check(() => queueMap("q", u32, 1).push(1), "push", "q", 1, "any"));
  it("asks Bloom filters", () =>
    check(() => bloomFilter("b", u32, 1).mayHave(1), "mayHave", "b", 1));
  it("takes stacks", () =>
    check(() => stackTraceMap("s", 8).getId(context, 256), "getId", "s", context, 256));
  it("goes on", () =>
    check(() => progArray("p", 2).tailCall(context, 1), "tailCall", "p", context, 1));
  it("redirects", () => check(() => devmap("d", 2).redirect(1), "redirect", "d", 1, 0));
  it("redirects messages", () =>
    check(
      () => sockhash("s", u32, 2).redirectMsg(context, 5, 1),
      "redirectMsg",
      "s",
      context,
      5,
      1,
    ));
  it("has storage", () =>
    check(() => taskStorage("t", u64).getOrCreate(context, 4n), "getOrCreate", "t", context, 4n));

  it("tells what played the kernel before", () => {
    const { side } = recorder();
    assert.equal(installKernelSide(side), undefined);
    assert.equal(installKernelSide(undefined), side);
  });

  it("is no part of the spec's data", () => {
    assert.ok(Object.isFrozen(counts));
    assert.deepEqual(Object.keys(counts), [
      "kind",
      "type",
      "name",
      "maxEntries",
      "flags",
      "key",
      "value",
    ]);
    assert.equal("delete" in arrayMap("a", u32, 1), false);
  });

  it("has the types of keys and values", () => {
    // Checked by the compiler; nothing runs.
    const program = (): number => {
      const count = counts.lookup(1);
      if (count !== undefined) count.value += 1n;
      // @ts-expect-error -- the element may not be there
      counts.lookup(1).value += 1n;
      // @ts-expect-error -- the key is a number
      counts.lookup("1");
      using event = events.reserve();
      if (event === undefined) return 0;
      event.comm = "node";
      event.pid += 1;
      // @ts-expect-error -- there is no such field
      event.nothing = 1;
      return 0;
    };
    assert.equal(typeof program, "function");
  });
});

describe("variables", () => {
  it("are frozen data, beside their value", () => {
    const limit = config("limit", u32, 5);
    assert.ok(Object.isFrozen(limit));
    limit.value = 6;
    assert.deepEqual([limit.value, limit.initial, limit.maxEntries], [6, 5, 1]);
    assert.deepEqual(limit.flags, ["mmapable", "rdonly_prog"]);
    assert.deepEqual(global("seen", u64, 0n).flags, ["mmapable"]);
    assert.equal(Object.keys(limit).includes("value"), false);
  });
  it("lie in memory when a program is called as JavaScript", () => {
    const seen = global("seen", u64, 1n);
    seen.value -= 2n;
    assert.equal(seen.value, 2n ** 64n - 1n);
  });
});
