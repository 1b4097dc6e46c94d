import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { load } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import { count, names } from "./many-events.ts";
import { events, onExec } from "./pipelines.ts";

describe("very many events", needs("root", "bpf", "btf", "ringbuf"), () => {
  it("are read by callback, record by record or many at once", async () => {
    await using tracer = await load({ events, onExec });
    tracer.attach();
    for (let time = 0; time < 3; time++) spawnSync("/bin/true");
    assert.deepEqual(await names(tracer.events, process.pid, 3), ["true", "true", "true"]);
    for (let time = 0; time < 5; time++) spawnSync("/bin/true");
    assert.equal(await count(tracer.events, process.pid, 5), 5);
  });
});
