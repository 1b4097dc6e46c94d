import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { load } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import { keepPrinted } from "../testing-printed.ts";
import * as references from "./references.ts";

describe("references", needs("root", "bpf", "btf"), () => {
  const { started, total, jobs, onFork } = references;

  it("wait for a value, change it and take it away", async (test) => {
    const printed = keepPrinted(test);
    await using counter = await load({ started, total, onFork });
    counter.attach();
    const first = references.firstStart(counter.started);
    setImmediate(() => spawnSync("/bin/true"));
    const count = (await first)!;
    assert.ok(count >= 1n);
    assert.deepEqual(printed, [["thread", count + 100n, false]]);
    counter.detach();
    assert.equal(counter.started.get(process.pid), undefined);
  });

  it("add to a variable", async (test) => {
    const printed = keepPrinted(test);
    await using counter = await load({ started, total, onFork });
    counter.attach();
    spawnSync("/bin/true");
    assert.ok(references.countMore(counter.total) > 1000n);
    assert.deepEqual(printed, [["machine"]]);
  });

  it("tell what happens in a map", async () => {
    await using counter = await load({ started, total, onFork });
    counter.attach();
    const stop = new AbortController();
    const told: string[] = [];
    counter.started.set(-1, 5n);
    const log = (line: string): void => {
      if (line.startsWith("-")) told.push(line);
      if (told.length === 2) stop.abort();
    };
    const deadline = AbortSignal.timeout(60_000);
    const signal = AbortSignal.any([stop.signal, deadline]);
    const logging = references.logChanges(counter.started, log, signal);
    counter.started.set(-1, 8n);
    counter.started.set(-2, 1n);
    await logging;
    assert.deepEqual(told.toSorted(), ["-1 changed: 8, missed 2", "-2 added: 1, missed unknown"]);
  });

  it("hand values through a queue", async () => {
    await using loaded = await load({ jobs });
    assert.deepEqual(await references.work(loaded.jobs), [1, 2, 3]);
  });
});
