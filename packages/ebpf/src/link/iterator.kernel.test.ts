import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { describe, it } from "node:test";
import { mov } from "../asm/alu.ts";
import { assemble, label } from "../asm/assemble.ts";
import { call, exit } from "../asm/call.ts";
import { jeq } from "../asm/jump.ts";
import { ldx, stx } from "../asm/memory.ts";
import { at } from "../asm/place.ts";
import { ClosedError, InvalidArgumentError } from "../base/errors.ts";
import { loadCollection } from "../collection/load.ts";
import { r0, r1, r2, r6, r7, r10 } from "../isa/register.ts";
import { u32, u64 } from "../layout/integer.ts";
import { hashMap } from "../spec/hash-map.ts";
import { NotFoundError, NotSupportedError } from "../kernel/errors.ts";
import { isAtLeast } from "../kernel/feature.ts";
import { iter, type IterOptions } from "../spec/iterator.ts";
import type { IterOrder } from "../spec/program-spec.ts";
import { cgroupId } from "../sys/machine/cgroup.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { makeCgroup } from "../testing/cgroup.ts";
import { allOf, needsLinux } from "../testing/needs-linux.ts";
import { needs } from "../testing/needs.ts";
import { attachIterator, IteratorLink } from "./iterator.ts";
import { counting, hits } from "./testing-hits.ts";

const kernel = openNativeKernel();
const table = hashMap("table", u32, u64, 8);

/**
 * Writes the values of a map's elements. The context begins with pointers: what is common (`meta`, whose first member is
 * the file), the map, the key, the value.
 */
const writeValues = assemble([
  ldx("u64", r2, r1, 24),
  jeq(r2, 0, "end"),
  ldx("u64", r6, r1, 0),
  ldx("u64", r6, r6, 0),
  ldx("u64", r7, r2, 0),
  stx("u64", r10, -8, r7),
  call("seq_write", r6, at(r10, -8), 8),
  label("end"),
  mov(r0, 0),
  exit(),
]);

describe("iterators", needs("root", "bpf", "btf"), () => {
  it("run for each object, at each reading", () => {
    using tracer = loadCollection(kernel, { hits, walk: iter("task", counting()) });
    tracer.attach();
    const link = tracer.links.get("walk");
    assert.ok(link instanceof IteratorLink);
    assert.equal(tracer.hits.value, 0n);
    assert.equal(link.text(), "");
    const once = tracer.hits.value;
    assert.ok(once > 10n);
    link.text();
    assert.ok(tracer.hits.value > once);
    assert.equal(link.info().details["targetName"], "task");
  });

  it("write what is read", () => {
    const walk = iter("bpf_map_elem", writeValues, { map: table });
    using tracer = loadCollection(kernel, { table, walk });
    tracer.attach();
    for (const [key, value] of [
      [1, 10n],
      [2, 20n],
    ] as const)
      tracer.table.set(key, value);
    const link = tracer.links.get("walk") as IteratorLink;
    const chunks = [...link.read()].map((chunk) => chunk.slice());
    const values = chunks.flatMap((chunk) => [...new BigUint64Array(chunk.buffer)]);
    assert.deepEqual(new Set(values), new Set([10n, 20n]));
  });

  it("walk over the map they are given when attached", () => {
    using tracer = loadCollection(kernel, { table, walk: iter("bpf_map_elem", writeValues) });
    using link = attachIterator(tracer.walk, "bpf_map_elem", { map: tracer.table });
    assert.equal([...link.read()].length, 0);
    link.close();
    assert.throws(() => [...link.read()], ClosedError);
  });

  /** Bounds of tasks and groups. */
  const sinceBounds = needsLinux(6, 1);

  it("walk over one process or thread", sinceBounds, () => {
    const tasks = (options: IterOptions): bigint => {
      using tracer = loadCollection(kernel, { hits, walk: iter("task", counting(), options) });
      tracer.attach();
      const link = tracer.links.get("walk") as IteratorLink;
      link.text();
      const { details } = link.info();
      assert.deepEqual([details["pid"], details["tid"]], [options.pid ?? 0, options.tid ?? 0]);
      return tracer.hits.value;
    };
    const threads = (): number => readdirSync("/proc/self/task").length;
    // Once for each, and once at the end.
    assert.equal(tasks({ tid: process.pid }), 2n);
    const count = () => ({
      before: threads(),
      seen: tasks({ pid: process.pid }),
      after: threads(),
    });
    let counted = count();
    // Threads of the engine may come or go meanwhile.
    while (counted.before !== counted.after) counted = count();
    assert.equal(counted.seen, BigInt(counted.before) + 1n);
  });

  it("walk over the memory of one process", sinceBounds, () => {
    using tracer = loadCollection(kernel, { hits, walk: iter("task_vma", counting()) });
    using link = attachIterator(tracer.walk, "task_vma", { tid: process.pid });
    link.text();
    const areas = readFileSync("/proc/self/maps", "utf8").trim().split("\n").length;
    assert.ok(Math.abs(Number(tracer.hits.value) - areas) < 50, `${tracer.hits.value}, ${areas}`);
  });

  const orders = { self_only: 1n, descendants_pre: 3n, descendants_post: 3n } as const;
  it("walk over control groups in an order", allOf(needs("cgroup2"), sinceBounds), () => {
    using group = makeCgroup();
    const below = [`${group.folder}/a`, `${group.folder}/b`];
    for (const folder of below) mkdirSync(folder);
    for (const [order, count] of Object.entries(orders) as [IterOrder, bigint][]) {
      const cgroup = { folder: group.folder, order };
      using tracer = loadCollection(kernel, { hits, walk: iter("cgroup", counting(), { cgroup }) });
      tracer.attach();
      const link = tracer.links.get("walk") as IteratorLink;
      link.text();
      assert.equal(tracer.hits.value, count + 1n, order);
      const info = link.info();
      assert.equal(info.type === "iter" && info.details.cgroupId, cgroupId(group.folder));
    }
    for (const folder of below) rmdirSync(folder);
  });

  it("are bounded in one way, by what is there", () => {
    assert.throws(() => iter("task", counting(), { pid: 1, tid: 1 }), InvalidArgumentError);
    using tracer = loadCollection(kernel, { hits, walk: iter("task", counting()) });
    const nowhere = { cgroup: { folder: "/no/such/group", order: "self_only" } } as const;
    assert.throws(() => attachIterator(tracer.walk, "task", nowhere), NotFoundError);
    if (isAtLeast(kernel.version, [6, 1])) return;
    const pid = { pid: process.pid };
    assert.throws(() => attachIterator(tracer.walk, "task", pid), NotSupportedError);
  });

  it("name the kind of objects that may have been meant", () =>
    assert.throws(
      () => loadCollection(kernel, { hits, walk: iter("bpf_mapp", counting()) }),
      (error) => error instanceof InvalidArgumentError && /bpf_map/.test(error.hint ?? ""),
    ));
});
