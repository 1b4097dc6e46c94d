import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { CompileError } from "../lang/compile-error.ts";
import { u32, u64 } from "../layout/integer.ts";
import { config, global } from "../spec/global-spec.ts";
import { hashMap } from "../spec/hash-map.ts";
import { resized } from "../spec/resized.ts";
import { progArray } from "../spec/prog-array.ts";
import { xdp } from "../spec/xdp.ts";
import { kernelUnderTest } from "../testing/kernel-under-test.ts";
import { needs } from "../testing/needs.ts";
import { compileAndLoad, loadCollection } from "./load.ts";

const kernel = kernelUnderTest();
const frame = { data: new Uint8Array(64) };
const [drop, pass] = [1, 2];

const limit = config("limit", u64, 3n);
const seen = global("seen", u64, 0n);
const sizes = hashMap("sizes", u32, u64, 16);

const count = xdp(() => {
  "use bpf";
  seen.value += 1n;
  sizes.update(7, seen.value);
  return seen.value > limit.value ? 1 : 2;
});

describe("a collection with programs in TypeScript", needs("root", "bpf", "btf"), () => {
  it("loads maps of another size in place of those that programs were written with", async () => {
    const small = resized(sizes, 2);
    assert.deepEqual([small.maxEntries, sizes.maxEntries], [2, 16]);
    using tracer = await compileAndLoad(kernel, { small: resized(small, 3), count });
    assert.equal([...tracer.maps.values()].filter(({ name }) => name === "sizes").length, 1);
    tracer.count.run(frame);
    assert.deepEqual([tracer.small.info().maxEntries, tracer.small.get(7)], [3, 1n]);
  });
  it("compiles them, and adds the maps they use", async () => {
    using tracer = await compileAndLoad(kernel, { seen, count });
    assert.deepEqual([...tracer.maps.values()].map(({ name }) => name).toSorted(), [
      "limit",
      "seen",
      "sizes",
    ]);
    const results = Array.from({ length: 4 }, () => tracer.count.run(frame).returnValue);
    assert.deepEqual(results, [pass, pass, pass, drop]);
    assert.equal(tracer.seen.value, 4n);
    assert.equal(tracer.count.info().name, "count");
    assert.equal("limit" in tracer, false);
  });

  it("takes what is config from its value at that time", async () => {
    limit.value = 0n;
    using tracer = await compileAndLoad(kernel, { sizes, count });
    limit.value = 3n;
    assert.equal(tracer.count.run(frame).returnValue, drop);
    assert.equal(tracer.sizes.get(7), 1n);
  });

  it("fills arrays of programs that they go on with", async () => {
    using tracer = await compileAndLoad(kernel, { enter });
    assert.equal(tracer.enter.run(frame).returnValue, drop);
    assert.deepEqual([...tracer.programs.keys()], ["enter", "stages_1"]);
  });

  it("says what cannot be compiled", async () => {
    const bad = xdp(() => {
      "use bpf";
      return [1, 2].length;
    });
    await assert.rejects(compileAndLoad(kernel, { bad }), CompileError);
  });

  it("is not loaded without compiling", () =>
    assert.throws(() => loadCollection(kernel, { count }), InvalidArgumentError));
});

const stages = progArray("stages", { maxEntries: 4, programs: () => [undefined, second] });
const enter = xdp((ctx) => {
  "use bpf";
  stages.tailCall(ctx, 0);
  stages.tailCall(ctx, 1);
  return 2;
});
const second = xdp(() => {
  "use bpf";
  return 1;
});
