import assert from "node:assert/strict";
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
import { iter } from "../spec/iterator.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
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
    using link = attachIterator(tracer.walk, "bpf_map_elem", tracer.table);
    assert.equal([...link.read()].length, 0);
    link.close();
    assert.throws(() => [...link.read()], ClosedError);
  });

  it("name the kind of objects that may have been meant", () =>
    assert.throws(
      () => loadCollection(kernel, { hits, walk: iter("bpf_mapp", counting()) }),
      (error) => error instanceof InvalidArgumentError && /bpf_map/.test(error.hint ?? ""),
    ));
});
