/**
 * Maps that programs keep beside those that they use. Holds for the simulated kernel, too.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mov } from "../asm/alu.ts";
import { assemble } from "../asm/assemble.ts";
import { exit } from "../asm/call.ts";
import { ClosedError, InvalidArgumentError } from "../base/errors.ts";
import { loadCollection } from "../collection/load.ts";
import { r0 } from "../isa/register.ts";
import { isNotFound } from "../kernel/errors.ts";
import { isAtLeast } from "../kernel/feature.ts";
import type { MapId } from "../kernel/handle.ts";
import { u32 } from "../layout/integer.ts";
import { congestion } from "../link/testing-congestion.ts";
import { counting, hits } from "../link/testing-hits.ts";
import { createMap } from "../map/create.ts";
import { hashMap } from "../spec/hash-map.ts";
import { xdp } from "../spec/xdp.ts";
import { kernelUnderTest } from "../testing/kernel-under-test.ts";
import { needs } from "../testing/needs.ts";
import { needsLinux } from "../testing/needs-linux.ts";
import { loadProgram } from "./load.ts";
import type { Program } from "./program.ts";

const kernel = kernelUnderTest();
const deadlineMs = 60_000;

const loadNothing = (): Program => loadProgram(kernel, xdp(assemble([mov(r0, 2), exit()])));

/** Whether the kernel has the map. */
function isThere(id: MapId): boolean {
  try {
    kernel.bpf("mapGetFdById", { id }).close();
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** Waits for what the kernel does some time after the last hold on an object has ended. */
async function gone(id: MapId): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (isThere(id)) {
    assert.ok(performance.now() < end, `map ${id} is still there`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("Program.bindMap", needs("root", "bpf"), () => {
  it("keeps the map as long as the program", async () => {
    using loaded = loadNothing();
    const map = createMap(kernel, hashMap("described", u32, u32, 4));
    const { id } = map;
    map.set(1, 2);
    assert.deepEqual(loaded.info().mapIds, []);
    loaded.bindMap(map);
    map.close();
    assert.deepEqual(loaded.info().mapIds, [id]);
    assert.equal(isThere(id), true);
    loaded.close();
    await gone(id);
  });

  it("does nothing for a map that is bound, or used by the program", () => {
    using tracer = loadCollection(kernel, { hits, look: xdp(counting(2)) });
    using map = createMap(kernel, hashMap("beside", u32, u32, 4));
    const [used, bound] = [tracer.hits.id, map.id];
    tracer.look.bindMap(tracer.hits);
    tracer.look.bindMap(map);
    tracer.look.bindMap(map);
    assert.deepEqual(tracer.look.info().mapIds, [used, bound]);
  });

  it("wants a map, and a program that is not closed", () => {
    using loaded = loadNothing();
    const refused = (map: unknown, message: RegExp): void =>
      assert.throws(
        () => loaded.bindMap(map as never),
        (error) => error instanceof InvalidArgumentError && message.test(error.message),
      );
    refused(undefined, /the map to bind is missing/);
    refused(hashMap("spec", u32, u32, 4), /the map to bind is missing/);
    refused(loaded, /is not/);
    using map = createMap(kernel, hashMap("map", u32, u32, 4));
    loaded.close();
    assert.throws(() => loaded.bindMap(map), ClosedError);
  });
});

describe("Program.associateStructOps", needs("root", "bpf", "btf"), () => {
  const isNew = isAtLeast(kernel.version, [7, 0]);
  const load = () => loadCollection(kernel, { hits, ops: congestion() });

  it("says since when it is", { skip: isNew && "this kernel has it" }, () => {
    using tracer = load();
    using loaded = loadNothing();
    assert.throws(() => loaded.associateStructOps(tracer.ops), {
      name: "NotSupportedError",
      message: /progAssocStructOps of bpf\(2\) \(Linux has it since 7\.0\)/,
    });
  });

  it("keeps the struct as long as the program", needsLinux(7, 0), async () => {
    using loaded = loadNothing();
    using tracer = load();
    const { id } = tracer.ops;
    loaded.associateStructOps(tracer.ops);
    loaded.associateStructOps(tracer.ops);
    tracer.close();
    assert.equal(isThere(id), true);
    loaded.close();
    await gone(id);
  });

  it("is for one struct", needsLinux(7, 0), () => {
    using loaded = loadNothing();
    using one = load();
    using other = load();
    loaded.associateStructOps(one.ops);
    assert.throws(() => loaded.associateStructOps(other.ops), {
      name: "BusyError",
      message: /has another struct of functions/,
    });
  });

  it("wants a struct of functions", needsLinux(7, 0), () => {
    using loaded = loadNothing();
    using tracer = load();
    const refused = { name: "SyscallError", message: /the map holds no struct of functions/ };
    assert.throws(() => loaded.associateStructOps(tracer.hits), refused);
  });

  it("wants a map", () => {
    using loaded = loadNothing();
    const missing = { name: "InvalidArgumentError", message: /struct of functions is missing/ };
    assert.throws(() => loaded.associateStructOps(undefined as never), missing);
  });
});
